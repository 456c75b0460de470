import { isIP, isIPv4 } from 'node:net';

export const ADMIN_DEFAULT = '127.0.0.1:9090';

interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads what stands behind `http`, `https` and `admin`: a port, `ADDRESS:PORT` or `[IPV6]:PORT`.
 *
 * @param hostDefault bound where only a port is given
 * @throws RangeError with a sentence for the user
 */
export function parseListenAddress(value: string | number, hostDefault: string): ListenAddress {
  const text = String(value);
  if (/^[0-9]+$/.test(text)) return { host: hostDefault, port: parsePort(text) };
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(text);
  if (match === null) {
    const bare = isIP(text) === 6 ? `: write an IPv6 address as \`[${text}]:PORT\`` : '';
    throw new RangeError(`\`${text}\` is neither a port nor ADDRESS:PORT${bare}`);
  }
  const [, bracketed, unbracketed = '', port = ''] = match;
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw new RangeError(`\`${bracketed}\` is not an IPv6 address`);
  const host = bracketed ?? unbracketed;
  if (bracketed === undefined && !isIPv4(host) && host !== 'localhost') {
    throw new RangeError(`\`${host}\` is not an address of this machine: write an IP address, \`localhost\`, or the port alone`);
  }
  return { host: host.toLowerCase(), port: parsePort(port) };
}

/**
 * Reads a port, 0 to 65535; 0 lets the system choose one.
 *
 * @throws RangeError with a sentence for the user
 */
export function parsePort(text: string): number {
  const port = Number(text);
  if (text.length <= 5 && port <= 65_535) return port;
  throw new RangeError(`\`${text}\` is not a port: ports go up to 65535`);
}

/** True where both cannot be bound at once: an address for every interface covers the others of its port. */
export function listensTwice(a: ListenAddress, b: ListenAddress): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || isWildcard(a.host) || isWildcard(b.host);
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function isWildcard(host: string): boolean {
  return host === '::' || host === '0.0.0.0';
}

/**
 * Reads a CIDR block or an address (a block of one).
 *
 * @returns the block in CIDR notation
 * @throws RangeError with a sentence for the user
 */
export function parseCidr(text: string): string {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) {
    throw new RangeError(`\`${text}\` is neither an address nor a CIDR block: write 10.0.0.0/8, 192.168.1.5 or fd00::/8`);
  }
  const bitsMax = version === 4 ? 32 : 128;
  if (bits === undefined) return `${address}/${bitsMax}`;
  if (!/^[0-9]{1,3}$/.test(bits) || Number(bits) > bitsMax) {
    throw new RangeError(`\`/${bits}\` is not a prefix length: IPv${version} has 0 to ${bitsMax} bits`);
  }
  return `${address}/${Number(bits)}`;
}
