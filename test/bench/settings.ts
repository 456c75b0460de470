import { parseArgs } from 'node:util';

export interface Settings {
  /** Empty: all. */
  readonly only: readonly string[];
  readonly peers: readonly string[];
  readonly quick: boolean;
  /** Rounds that count, after one that warms up. */
  readonly rounds: number;
  readonly seconds: number;
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
  const { quick, json, chart } = values;
  return { only: values.only.flatMap((names) => names.split(',')), peers, quick, rounds: quick ? 1 : 3, seconds: quick ? 1 : 2, json, chart };
}
