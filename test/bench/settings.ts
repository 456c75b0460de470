import { parseArgs } from 'node:util';

export interface Settings {
  /** Parts of the names of what is measured. Empty: all. */
  readonly only: readonly string[];
  readonly peers: readonly string[];
  readonly quick: boolean;
  readonly rounds: number;
  /** Of a round. */
  readonly seconds: number;
  /** Of a round at a fixed rate: with 5,000 a second, twenty answers are slower than a 99.9th percentile. */
  readonly latencySeconds: number;
  /** Of the warm-up of a proxy whose cost does not come to rest. */
  readonly warmUpSecondsMax: number;
  readonly json: string;
  readonly chart: string;
}

const ALL_PEERS = ['nginx', 'haproxy', 'caddy', 'sluice', 'fastify-http-proxy', 'http-proxy', 'direct'];

/** @throws Error for an option or a peer that is not there. */
export function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string', default: ALL_PEERS.join(',') },
      quick: { type: 'boolean', default: false },
      json: { type: 'string', default: 'bench.json' },
      chart: { type: 'string', default: 'bench.svg' },
    },
  });
  const peers = values.peers.split(',');
  const unknown = peers.find((peer) => !ALL_PEERS.includes(peer));
  if (unknown !== undefined) throw new Error(`--peers: ${unknown} is none of ${ALL_PEERS.join(', ')}`);
  const { only, quick, json, chart } = values;
  const time = quick ? { rounds: 1, seconds: 1, latencySeconds: 2, warmUpSecondsMax: 2 } : { rounds: 3, seconds: 2, latencySeconds: 4, warmUpSecondsMax: 9 };
  return { only, peers, quick, ...time, json, chart };
}

/** The names that any part is in; all without a part. @throws Error for a part that is in none. */
export function chosen(names: readonly string[], only: readonly string[]): readonly string[] {
  const unknown = only.find((part) => !names.some((name) => name.includes(part)));
  if (unknown !== undefined) throw new Error(`--only: nothing that is measured has "${unknown}" in its name. There is:\n${names.map((name) => `  ${name}`).join('\n')}`);
  return only.length === 0 ? names : names.filter((name) => only.some((part) => name.includes(part)));
}
