import { spawnSync } from 'node:child_process';
import type { Peer } from './peers/peer.ts';

const FLAGS: Readonly<Record<string, string>> = { nginx: '-v', haproxy: '-v', caddy: 'version' };

/** Versions of what was measured, as far as the programs tell; Node.js for all that run on it. */
export function versionsOf(peers: readonly Peer[]): Record<string, string> {
  const told = peers.flatMap(({ name, program }) => {
    const flag = FLAGS[name];
    if (flag === undefined || program === null) return [];
    const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
    return [[name, /\d+\.\d+[.\d]*/.exec(stdout + stderr)?.[0] ?? 'unknown'] as const];
  });
  return { ...Object.fromEntries(told), node: process.versions.node };
}
