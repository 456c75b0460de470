import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address as four 32-bit words, most significant first. An IPv4 address is held as `::ffff:a.b.c.d`,
 * so that one written in IPv6 (a dual-stack socket reports it so) and one written plainly are the same.
 */
export interface IpAddress {
  readonly isIpv4: boolean;
  readonly words: readonly [number, number, number, number];
}

const MAPPED = '::ffff:';
const MAPPED_WORD = 0xffff;

/** null for what is no address. A zone (`%eth0`) is dropped; leading zeros in IPv4 are no address. */
export function parseIpAddress(text: string): IpAddress | null {
  if (isIPv4(text)) return { isIpv4: true, words: [0, 0, MAPPED_WORD, ipv4Word(text)] };
  if (!isIPv6(text)) return null;
  const zone = text.indexOf('%');
  const groups = ipv6Groups(zone === -1 ? text : text.slice(0, zone));
  const word = (index: number): number => (((groups[index] ?? 0) << 16) | (groups[index + 1] ?? 0)) >>> 0;
  const words = [word(0), word(2), word(4), word(6)] as const;
  return { isIpv4: words[0] === 0 && words[1] === 0 && words[2] === MAPPED_WORD, words };
}

/** Dotted for IPv4, RFC 5952 for IPv6: lower case, without leading zeros, the longest run of zeros as `::`. */
export function formatIpAddress({ isIpv4, words }: IpAddress): string {
  if (isIpv4) return [24, 16, 8, 0].map((shift) => (words[3] >>> shift) & 0xff).join('.');
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let runStart = 0;
  let runLength = 0;
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > runLength) [runStart, runLength] = [start, end - start];
  }
  const hex = groups.map((group) => group.toString(16));
  // A single zero group is written out (RFC 5952, 4.2.2).
  if (runLength < 2) return hex.join(':');
  return `${hex.slice(0, runStart).join(':')}::${hex.slice(runStart + runLength).join(':')}`;
}

/**
 * The address of a socket in the one spelling that logs, limits and filters use: without zone, and IPv4
 * without the `::ffff:` of a dual-stack socket. Takes what the system reports, so nothing is validated;
 * '' for a unix socket, which has no address.
 */
export function normaliseAddress(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? '';
  const zone = address.indexOf('%');
  const plain = zone === -1 ? address : address.slice(0, zone);
  return plain.includes('.') && plain.toLowerCase().startsWith(MAPPED) ? plain.slice(MAPPED.length) : plain;
}

/** What one client holds at least: an IPv4 address, or the /64 of an IPv6 one, in which a host takes any address it likes. */
export function clientNetwork(address: string): string {
  const parsed = parseIpAddress(address);
  if (parsed === null || parsed.isIpv4) return address;
  const [first, second] = parsed.words;
  return `${formatIpAddress({ isIpv4: false, words: [first, second, 0, 0] })}/64`;
}

function ipv4Word(text: string): number {
  let word = 0;
  for (const octet of text.split('.')) word = ((word << 8) | Number(octet)) >>> 0;
  return word;
}

function ipv6Groups(text: string): number[] {
  const [head = [], tail] = text.split('::').map(groupsOf);
  return tail === undefined ? head : [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = ipv4Word(group);
    return [word >>> 16, word & 0xffff];
  });
}
