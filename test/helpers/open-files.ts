import { existsSync, readdirSync } from 'node:fs';

/** How many files and sockets a process has open. Null where the system does not tell. */
export function openFiles(pid: number): number | null {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : null;
}
