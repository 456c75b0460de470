import { postTarget } from '../admin/operator-client.ts';
import type { OperatorMode } from '../balance/upstream-members.ts';
import { terminalStyle } from '../observe/terminal-style.ts';
import type { CommandOptions } from './command-options.ts';
import { withGateway } from './running-gateway.ts';
import { statePaint } from './status-paint.ts';
import { tableLines } from './table.ts';
import { Exit, type Terminal } from './terminal.ts';

const COLUMNS = [{ heading: 'UPSTREAM' }, { heading: 'TARGET' }, { heading: 'STATE' }, { heading: 'IN FLIGHT', isNumber: true }];

/** `sluice target drain|down|up UPSTREAM TARGET`: takes a target of the running gateway out of service, or puts it back. */
export async function target(file: string, terminal: Terminal, { words: [mode = '', upstream, name] }: Pick<CommandOptions, 'words'>): Promise<number> {
  if (!isMode(mode) || upstream === undefined || name === undefined) {
    terminal.err('sluice: write `sluice target drain UPSTREAM TARGET`, or `down` or `up` for `drain`; sluice status lists the targets.');
    return Exit.Wrong;
  }
  return withGateway(file, terminal, async (place) => {
    const targets = await postTarget(place, mode, upstream, name);
    const style = terminalStyle(terminal.outColor);
    const rows = targets.map(({ upstream: of, key, state, inFlight }) => [of, key, { text: state, paint: statePaint(state, style) }, String(inFlight)]);
    terminal.out(tableLines(COLUMNS, rows).join('\n'));
  });
}

function isMode(word: string): word is OperatorMode {
  return word === 'drain' || word === 'down' || word === 'up';
}
