import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/command-line.ts';
import { MemoryTerminal } from './memory-terminal.ts';
import { tempDir } from './temp-dir.ts';

/** A configuration whose admin listener is there. */
export function adminFile(t: Parameters<typeof tempDir>[0], admin: number | 'off'): string {
  const file = join(tempDir(t), 'gateway.yaml');
  moveAdmin(file, admin);
  return file;
}

/** As before a reload that moves the admin listener. */
export function moveAdmin(file: string, admin: number | 'off'): void {
  writeFileSync(file, `listen: { http: 80, admin: ${admin} }\nroutes: [{ respond: {} }]\n`);
}

/** A command line, run to its end. */
export async function commandOutcome(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<[code: number, out: string, err: string]> {
  const terminal = new MemoryTerminal(env);
  const code = await main(args, terminal);
  return [code, terminal.printed, terminal.complained];
}
