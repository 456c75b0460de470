import { readFileSync } from 'node:fs';

const IDLE_WISHED = 10_000;

/** What a proxy, or its load, holds open beside connections. */
const OTHER_FILES = 300;

/** Of this process and of all that it starts: the hard limit, to which Node.js raises its own. */
export function openFilesMax(): number {
  const limit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024';
  return limit === 'unlimited' ? 1_048_576 : Number(limit);
}

/** Idle connections that a proxy can hold: each takes two files, one for each side. */
export function idleConnections(filesMax: number = openFilesMax()): number {
  return Math.min(IDLE_WISHED, Math.floor((filesMax - OTHER_FILES) / 2));
}

/** What to do where there are fewer than wished; null where there are as many. */
export function idleRemark(filesMax: number = openFilesMax()): string | null {
  const connections = idleConnections(filesMax);
  if (connections === IDLE_WISHED) return null;
  return `Idle connections: ${connections.toLocaleString('en')} and not ${IDLE_WISHED.toLocaleString('en')}, because a process may open ${filesMax.toLocaleString('en')} files here and a proxy needs two for each. Raise the limit first: \`ulimit -n ${2 * IDLE_WISHED + OTHER_FILES}\`.`;
}
