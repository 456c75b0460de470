import type { Case } from './cases/case.ts';
import { IDLE_KINDS } from './cases/idle.ts';
import { setupOf } from './cases/setups.ts';
import type { Peer, Setup } from './peers/peer.ts';
import type { Step } from './progress.ts';
import type { Settings } from './settings.ts';

export const LATENCY = 'latency at 5,000 requests/s';
export const LIFECYCLE = 'start and reload';

/** A run ends in this time, whatever the machine: what would not fit is left out, and said. */
export const SECONDS_MAX = 900;

/** What each takes on two quiet cores, in seconds: to start, to become steady, and to open its idle connections. */
const START = { compiled: 0.2, node: 1.2 };
const WARM_UP = { compiled: 1, node: 6, again: 1 };
const IDLE = 7;
const BETWEEN_ROUNDS = 0.2;
const LIFECYCLE_PEER = 4;

/** Cases of one setup, which the same running proxies serve. */
export interface Group {
  readonly setup: Setup;
  readonly cases: readonly Case[];
  /** Whether the latency is measured on them too. */
  readonly latency: boolean;
}

export function idleName(kind: string): string {
  return `memory of idle ${kind}s`;
}

/** Names of all that can be measured, in the order in which it is. */
export function namesOf(cases: readonly Case[]): readonly string[] {
  return [...groupsOf(cases, true).flatMap((group) => [...group.cases.map(({ name }) => name), ...(group.latency ? [LATENCY] : [])]), ...IDLE_KINDS.map(([kind]) => idleName(kind)), LIFECYCLE];
}

export function groupsOf(cases: readonly Case[], latency: boolean): readonly Group[] {
  const groups = Map.groupBy(cases, ({ setup }) => `${setup.name} ${setup.routes}`);
  if (latency && !groups.has('plain 1')) groups.set('plain 1', []);
  return [...groups].map(([key, members]) => ({ setup: members[0]?.setup ?? setupOf('plain'), cases: members, latency: latency && key === 'plain 1' }));
}

/** Of those that can do it, the ones that a case is measured on. */
export function peersOf({ setup, others }: Pick<Case, 'setup' | 'others'>, peers: readonly Peer[]): readonly Peer[] {
  return peers.filter((peer) => peer.can(setup) && (others === 'all' || peer.name === 'nginx' || peer.name === 'sluice'));
}

/** Those that a whole group needs. */
export function peersOfGroup({ setup, cases, latency }: Group, peers: readonly Peer[]): readonly Peer[] {
  return peersOf({ setup, others: latency || cases.some(({ others }) => others === 'all') ? 'all' : 'none' }, peers);
}

/** Whether the way without a proxy is measured beside them. */
export function hasDirect({ setup, others }: Case, settings: Settings): boolean {
  return settings.peers.includes('direct') && setup.name !== 'tls' && others === 'all';
}

export function stepsOf(names: readonly string[], cases: readonly Case[], peers: readonly Peer[], settings: Settings): readonly Step[] {
  const groups = groupsOf(cases.filter(({ name }) => names.includes(name)), names.includes(LATENCY));
  const steps = groups.flatMap((group) => {
    const starting = sum(peersOfGroup(group, peers), ({ compiled }) => (compiled ? START.compiled : START.node));
    const warm = new Set<string>();
    const own = group.cases.map((test): Step => {
      const taking = peersOf(test, peers);
      const seconds = warming(taking, test.code, warm, settings) + rounds(taking.length + (hasDirect(test, settings) ? 1 : 0), settings.seconds, settings);
      return { name: test.name, seconds };
    });
    const taking = peersOfGroup(group, peers);
    if (group.latency) own.push({ name: LATENCY, seconds: warming(taking, 'answers', warm, settings) + rounds(taking.length + 1, settings.latencySeconds, settings) });
    return own.map((step, at) => (at === 0 ? { ...step, seconds: step.seconds + starting } : step));
  });
  const idle = IDLE_KINDS.filter(([kind]) => names.includes(idleName(kind))).map(([kind]) => ({ name: idleName(kind), seconds: (settings.quick ? 2 : IDLE) * peersOf({ setup: setupOf('idle'), others: 'all' }, peers).length }));
  return [...steps, ...idle, ...(names.includes(LIFECYCLE) ? [{ name: LIFECYCLE, seconds: peers.length * (settings.quick ? 1 : LIFECYCLE_PEER) }] : [])];
}

function warming(peers: readonly Peer[], code: string, warm: Set<string>, settings: Settings): number {
  const first = !warm.has(code);
  warm.add(code);
  return sum(peers, ({ compiled }) => (compiled ? WARM_UP.compiled : first ? Math.min(WARM_UP.node, settings.warmUpSecondsMax) : WARM_UP.again));
}

function rounds(count: number, seconds: number, settings: Settings): number {
  return settings.rounds * count * (seconds + BETWEEN_ROUNDS);
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
