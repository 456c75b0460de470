import { AdminClientError } from '../admin/admin-client.ts';
import { adminToken, AdminTokenError } from '../admin/admin-token.ts';
import { askSame } from '../admin/config-client.ts';
import type { ListenAddress } from '../config/config.ts';
import type { CommandOptions } from './command-options.ts';
import { type ConfigDiff, diffOf, isEmptyDiff } from './config-diff.ts';
import { type ConfigSide, fileSide, runningSide } from './config-side.ts';
import { diffText } from './diff-text.ts';
import { readLoaded } from './read-config.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes of this command alone, as `diff` has them. */
const DiffExit = { Same: 0, Different: 1, Trouble: 2 } as const;

/** `sluice diff`: what a file would change, against an older file or the configuration that is in force. Changes nothing. */
export async function diff(file: string, terminal: Terminal, { words: [older], json, running }: Pick<CommandOptions, 'words' | 'json' | 'running'>): Promise<number> {
  if (older !== undefined && running) return trouble('sluice: `--running` and a file cannot both be what is compared with.', terminal);
  const loaded = readLoaded(file, terminal);
  if (loaded === null) return DiffExit.Trouble;
  const now = fileSide(loaded);
  let found: ConfigDiff;
  if (older === undefined) {
    const { admin } = loaded.config.listen;
    if (admin === null) return trouble('sluice: the configuration says `admin: off`, so the running gateway cannot be asked. Name an older file.', terminal);
    try {
      found = await againstRunning(now, admin, adminToken(terminal.env));
    } catch (error) {
      if (!(error instanceof AdminClientError || error instanceof AdminTokenError)) throw error;
      return trouble(`sluice: ${error.message}`, terminal);
    }
  } else {
    const before = readLoaded(older, terminal);
    if (before === null) return DiffExit.Trouble;
    found = await diffOf(fileSide(before), now, async () => null);
  }
  terminal.out(json ? JSON.stringify(found, null, 2) : diffText(found));
  return isEmptyDiff(found) ? DiffExit.Same : DiffExit.Different;
}

async function againstRunning(now: ConfigSide, admin: ListenAddress, token: string | null): Promise<ConfigDiff> {
  return diffOf(await runningSide(admin, token), now, async (values) => askSame(admin, values, token));
}

function trouble(text: string, terminal: Terminal): number {
  terminal.err(text);
  return DiffExit.Trouble;
}
