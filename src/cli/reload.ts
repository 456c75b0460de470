import { AdminClientError, postReload } from '../admin/admin-client.ts';
import { adminToken } from '../admin/admin-token.ts';
import type { CommandOptions } from './command-options.ts';
import { readConfig } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

/** `sluice reload`: asks the running gateway, at the admin address of the file, to read its configuration again; with `--wait`, whether it keeps it. */
export async function reload(file: string, terminal: Terminal, { wait }: Pick<CommandOptions, 'wait'>): Promise<number> {
  const config = readConfig(file, terminal);
  if (config === null) return Exit.Wrong;
  const { admin } = config.listen;
  if (admin === null) {
    terminal.err('sluice: the configuration says `admin: off`; send the process SIGHUP instead.');
    return Exit.Failed;
  }
  try {
    const result = await postReload(admin, adminToken(terminal.env), wait);
    if (result.ok) {
      terminal.out(`Reloaded: generation ${result.generation} in ${result.ms} ms.${guardText(result.guardMs, wait)}`);
      for (const warning of result.warnings) terminal.err(`sluice: warning: ${warning}`);
      return Exit.Ok;
    }
    const isWorse = result.reason === 'rolled_back' || result.reason === 'stuck';
    terminal.err([isWorse ? `sluice: ${result.error}` : `sluice: reload refused, the old configuration stays. ${result.error}`, ...result.diagnostics].join('\n'));
    return Exit.Failed;
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    terminal.err(`sluice: ${error.message}`);
    return Exit.Failed;
  }
}

function guardText(guardMs: number, waited: boolean): string {
  if (guardMs === 0) return '';
  const seconds = Math.round(guardMs / 1000);
  return waited ? ` Watched for ${seconds} s.` : ` It is watched for ${seconds} s, and may be taken back.`;
}
