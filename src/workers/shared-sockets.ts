import type { ListenAddress, ListenConfig } from '../config/config.ts';
import { addressText } from '../lib/address-text.ts';
import { formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';
import type { InheritedSocket } from '../listen/inherited-sockets.ts';
import { portsOf } from '../listen/ports.ts';
import type { SocketShare } from '../listen/ports.ts';
import type { Logger } from '../observe/logger.ts';
import { closeSync } from 'node:fs';

interface SharedSockets {
  /** By number of the worker, from 0. */
  readonly workers: readonly SocketShare[];
  /** Descriptor for the admin server; null: there is none. */
  readonly admin: number | null;
  /** Listened on by nobody any more; to be closed, because clients would wait in their queues. */
  readonly strays: readonly InheritedSocket[];
}

/** Gives every socket to one worker, in turn: one that nobody has would keep clients waiting. */
export function shareSockets(inherited: readonly InheritedSocket[], listen: ListenConfig, workers: number): SharedSockets {
  const ports = portsOf(listen);
  const own = Array.from({ length: workers }, () => new Map<string, number[]>());
  const given = new Map<string, number>();
  const strays: InheritedSocket[] = [];
  let admin: number | null = null;
  for (const socket of inherited) {
    const port = ports.find(({ address }) => isSame(address, socket.address));
    if (port !== undefined) {
      const text = addressText(port.address);
      const turn = given.get(text) ?? 0;
      given.set(text, turn + 1);
      const share = own[turn % workers];
      share?.set(text, [...(share.get(text) ?? []), socket.descriptor]);
    } else if (admin === null && listen.admin !== null && isSame(listen.admin, socket.address)) admin = socket.descriptor;
    else strays.push(socket);
  }
  const shares = own.map((share) => ({ own: Object.fromEntries(share), others: [...given.keys()].filter((text) => !share.has(text)) }));
  return { workers: shares, admin, strays };
}

/** Clients would wait in their queues for nobody. */
export function closeStrays(strays: readonly InheritedSocket[], logger: Pick<Logger, 'warn'>): void {
  for (const { descriptor, address } of strays) {
    logger.warn('a socket was handed down that no listener of the configuration names; it is closed', { address: addressText(address) });
    closeSync(descriptor);
  }
}

/** A name, `localhost` say, stands for any address of its port: what it was bound to is known to the one who bound it. */
function isSame(said: ListenAddress, bound: ListenAddress): boolean {
  if (said.port !== bound.port) return false;
  const [address, other] = [parseIpAddress(said.host), parseIpAddress(bound.host)];
  return address === null || (other !== null && formatIpAddress(address) === formatIpAddress(other));
}
