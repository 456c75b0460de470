import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Test } from 'tap';

/** Debian keeps servers here, and an ordinary user's PATH does not name it. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** Absolute path of an installed command, or null. */
export function commandPath(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...SERVER_FOLDERS];
  for (const folder of folders) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder; the next may have it.
    }
  }
  return null;
}

export function haveCommand(name: string): boolean {
  return commandPath(name) !== null;
}

/**
 * For a test that needs a real server or tool: the command's path, or null after the test was skipped
 * with the reason. With SLUICE_REQUIRE_SERVICES=1 it fails instead, so that CI cannot pass by skipping.
 * Call it first in a test: `const nginx = requireService(t, 'nginx'); if (nginx === null) return;`
 */
export function requireService(t: Pick<Test, 'fail' | 'plan'>, name: string): string | null {
  const found = commandPath(name);
  if (found !== null) return found;
  if (process.env['SLUICE_REQUIRE_SERVICES'] === '1') t.fail(`${name} is not installed, and SLUICE_REQUIRE_SERVICES=1 demands it`);
  else t.plan(0, `${name} is not installed`);
  return null;
}
