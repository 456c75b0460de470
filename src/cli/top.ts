import type { AdminPlace } from '../admin/admin-client.ts';
import { followEvents } from '../admin/event-follower.ts';
import { StatusBoard } from '../admin/status-board.ts';
import { readBoard, STATUS_STREAM } from '../admin/status-client.ts';
import { addressText } from '../lib/address-text.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { terminalStyle } from '../observe/terminal-style.ts';
import type { CommandOptions } from './command-options.ts';
import type { LiveTerminal, Screen } from './live-terminal.ts';
import { withGateway } from './running-gateway.ts';
import { Exit, type Terminal } from './terminal.ts';
import { topFrame } from './top-frame.ts';

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** `sluice top`: the running gateway, each second. Where standard output is no terminal, once. */
export async function top(file: string, terminal: Terminal, _options: Pick<CommandOptions, 'words'>, clock: Clock = systemClock): Promise<number> {
  return withGateway(file, terminal, async (place, seek) => {
    const live = terminal.live();
    try {
      if (live.screen === null) return await printOnce(place, terminal);
      await watch(place, { seek, terminal, live, screen: live.screen, clock });
      return Exit.Ok;
    } finally {
      live.close();
    }
  });
}

async function printOnce(place: AdminPlace, terminal: Terminal): Promise<number> {
  const board = await readBoard(place);
  if (board === null) {
    terminal.err(`sluice: as many follow the status of the Sluice at ${addressText(place.address)} as may; sluice status says the rest.`);
    return Exit.Failed;
  }
  terminal.out(topFrame(board, { style: terminalStyle(terminal.outColor), width: Infinity, height: Infinity, notice: '' }).join('\n'));
  return Exit.Ok;
}

interface Watching {
  readonly seek: () => AdminPlace;
  readonly terminal: Terminal;
  readonly live: LiveTerminal;
  readonly screen: Screen;
  readonly clock: Clock;
}

async function watch(place: AdminPlace, { seek, terminal, live, screen, clock }: Watching): Promise<void> {
  const style = terminalStyle(terminal.outColor);
  const board = new StatusBoard();
  let notice = '';
  const draw = async (): Promise<void> => {
    // A line that fills the last column would leave the cursor in the way of what is cleared behind it.
    const lines = topFrame(board, { style, width: screen.columns - 1, height: screen.rows, notice });
    await live.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_BELOW);
  };
  for await (const step of followEvents(place, { path: STATUS_STREAM, seek, signal: live.ended, clock })) {
    if (step.kind === 'open' && step.isFirst) screen.open(() => void draw());
    if (step.kind === 'open') notice = '';
    if (step.kind === 'lost') notice = `No answer from ${addressText(step.place.address)} any more; this is how it was.`;
    const isNews = step.kind === 'lost' || (step.kind === 'event' && board.take(step.event));
    if (isNews) await draw();
  }
}
