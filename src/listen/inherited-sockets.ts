import { readFileSync, readlinkSync } from 'node:fs';
import type { ListenAddress } from '../config/config.ts';
import { listeningSockets } from './socket-table.ts';

/** A socket that listened before this process began. */
export interface InheritedSocket {
  readonly descriptor: number;
  readonly address: ListenAddress;
}

/** What was handed down cannot be used; the message says what is wrong with it. */
class InheritError extends Error {
  override readonly name = 'InheritError';
}

/** From a Sluice to the one that follows it: the descriptors of its sockets, `4-9`. */
export const HANDED_DOWN = 'SLUICE_HANDED_DOWN';

/** First descriptor that a service manager hands down (sd_listen_fds(3)). */
const FIRST = 3;
/** Nobody listens on more; a wrong number must not be looped over. */
const DESCRIPTORS_MAX = 4096;

/**
 * The sockets this process was started with: by the Sluice before it, or by a service manager that listens in its stead
 * (socket activation, sd_listen_fds(3)).
 * @throws InheritError where one of them is no TCP socket that listens.
 */
export function inheritedSockets(env: Readonly<Record<string, string | undefined>>, pid: number): InheritedSocket[] {
  const descriptors = descriptorsOf(env, pid);
  if (descriptors.length === 0) return [];
  const known = new Map([...tableOf('tcp'), ...tableOf('tcp6')]);
  return descriptors.map((descriptor) => {
    const address = known.get(inodeOf(descriptor));
    if (address === undefined) throw new InheritError(`File descriptor ${descriptor}, handed down at the start, is not a TCP socket that listens: the service manager may pass ListenStream= with a port only.`);
    return { descriptor, address };
  });
}

function descriptorsOf(env: Readonly<Record<string, string | undefined>>, pid: number): number[] {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(env[HANDED_DOWN] ?? '') ?? [];
  if (first !== undefined && last !== undefined) return range(Number(first), Number(last));
  // Variables stay in the environment of whoever is started later; they are meant for one process.
  if (env['LISTEN_PID'] !== String(pid)) return [];
  return range(FIRST, FIRST + Number(env['LISTEN_FDS'] ?? 0) - 1);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.min(Math.max(last - first + 1, 0), DESCRIPTORS_MAX) }, (_, i) => first + i);
}

function tableOf(protocol: 'tcp' | 'tcp6'): Map<string, ListenAddress> {
  try {
    return listeningSockets(readFileSync(`/proc/net/${protocol}`, 'utf8'));
  } catch {
    // No IPv6 here, or no Linux: what is not found is said to be unusable.
    return new Map();
  }
}

function inodeOf(descriptor: number): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1] ?? '';
  } catch {
    return '';
  }
}
