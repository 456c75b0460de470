import { BlockList, isIP } from 'node:net';
import type { ListenAddress } from '../config/config.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** True for `localhost`, 127.0.0.0/8 and ::1, also as an IPv4-mapped address; every other name is false. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** True for the address that stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return WILDCARDS.has(host);
}

/** `127.0.0.1:9090`, `[::1]:9090`. */
export function addressText(address: ListenAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
