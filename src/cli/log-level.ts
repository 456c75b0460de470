import { getLogLevel, postLogLevel } from '../admin/operator-client.ts';
import { closest } from '../lib/closest.ts';
import type { Level } from '../observe/log-entry.ts';
import { escapeControls } from '../observe/safe-text.ts';
import type { CommandOptions } from './command-options.ts';
import { withGateway } from './running-gateway.ts';
import { Exit, type Terminal } from './terminal.ts';

const LEVELS: readonly Level[] = ['error', 'warn', 'info', 'debug'];

/** `sluice log-level [LEVEL]`: what the running gateway's own log has; or sets it until the next reload. */
export async function logLevel(file: string, terminal: Terminal, { words: [word] }: Pick<CommandOptions, 'words'>): Promise<number> {
  const level = LEVELS.find((known) => known === word);
  if (word !== undefined && level === undefined) {
    const near = closest(word, LEVELS);
    terminal.err(`sluice: there is no log level \`${escapeControls(word)}\`${near === null ? `: there are ${LEVELS.join(', ')}` : `, did you mean \`${near}\`?`}`);
    return Exit.Wrong;
  }
  return withGateway(file, terminal, async (place) => {
    if (level === undefined) terminal.out(escapeControls(await getLogLevel(place)));
    else terminal.out(`The log level is ${escapeControls(await postLogLevel(place, level))}, until the next reload.`);
  });
}
