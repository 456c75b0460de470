import { readConfig } from './read-config.ts';
import { Exit, type Terminal } from './terminal.ts';

/** `sluice check`: everything that is wrong with the configuration, without touching a port. */
export async function check(file: string, terminal: Terminal): Promise<number> {
  const config = readConfig(file, terminal);
  if (config === null) return Exit.Wrong;
  terminal.out(`${file} is valid: ${count(config.routes.length, 'route')}, ${count(config.upstreams.length, 'upstream')}.`);
  return Exit.Ok;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
