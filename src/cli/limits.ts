import { getLimits, postLimitsClear } from '../admin/operator-client.ts';
import { escapeControls } from '../observe/safe-text.ts';
import type { CommandOptions } from './command-options.ts';
import { withGateway } from './running-gateway.ts';
import { tableLines } from './table.ts';
import { Exit, type Terminal } from './terminal.ts';
import { ageText } from './time-text.ts';

const COLUMNS = [{ heading: 'SCOPE' }, { heading: 'LIMIT' }, { heading: 'REMAINING', isNumber: true }, { heading: 'NEXT ONE' }];

/** `sluice limits KEY [--clear]`: what rate limits of the running gateway have counted of a client; or lets it begin anew. */
export async function limits(file: string, terminal: Terminal, { words: [key], clear }: Pick<CommandOptions, 'words' | 'clear'>): Promise<number> {
  if (key === undefined || key === '') {
    terminal.err('sluice: write `sluice limits KEY`, where the key is the address of a client, or the name of its API key.');
    return Exit.Wrong;
  }
  return withGateway(file, terminal, async (place) => {
    const shown = escapeControls(key);
    if (clear) {
      const cleared = await postLimitsClear(place, key);
      terminal.out(cleared === 0 ? `Nothing was counted of ${shown}.` : `${shown} begins anew: ${cleared} ${cleared === 1 ? 'count is' : 'counts are'} forgotten.`);
      return;
    }
    const states = await getLimits(place, key);
    if (states.length === 0) {
      terminal.out(`Nothing is counted of ${shown}: it has not been seen, or not for a while.`);
      return;
    }
    const rows = states.map(({ scope, limit, remaining, retryAfterMs }) => [scope, limit, String(remaining), retryAfterMs <= 0 ? 'now' : `in ${ageText(Math.ceil(retryAfterMs / 1000) * 1000)}`]);
    terminal.out(tableLines(COLUMNS, rows).join('\n'));
  });
}
