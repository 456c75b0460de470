import { isIP } from 'node:net';
import { parsePort } from './address.ts';

const PORT_DEFAULT = 53;

/**
 * Reads a DNS server: `ADDRESS`, `ADDRESS:PORT`, `[IPV6]` or `[IPV6]:PORT`, port 53 where none is given.
 *
 * @returns `address:port`, with IPv6 in brackets
 * @throws RangeError with a sentence for the user
 */
export function parseDnsServer(text: string): string {
  const match = isIP(text) === 6 ? null : /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]+))?$/.exec(text);
  const address = isIP(text) === 6 ? text : (match?.[1] ?? match?.[2] ?? '');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || (match?.[1] !== undefined && version !== 6)) {
    throw new RangeError(`\`${text}\` is not the address of a DNS server: write an IP address, as in 10.0.0.2 or 127.0.0.1:5353`);
  }
  const port = match?.[3] === undefined ? PORT_DEFAULT : parsePort(match[3]);
  if (port === 0) throw new RangeError('a DNS server has a port between 1 and 65535');
  return `${version === 6 ? `[${address}]` : address}:${port}`;
}
