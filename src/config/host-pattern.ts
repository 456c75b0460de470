import { isIP, isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const HOST_CHARS_MAX = 253;

/**
 * Reads the host of a route: a name, `*.name`, an IPv4 address or an IPv6 address in brackets.
 *
 * @returns lower case, international names in their ASCII form (RFC 5891), IPv6 in brackets and shortest form
 * @throws RangeError with a sentence for the user
 */
export function parseHostPattern(text: string): string {
  if (text.includes('://')) throw new RangeError(`a host has no scheme: write \`${text.replace(/^.*:\/\//s, '').replace(/[/:].*$/s, '')}\``);
  if (text.startsWith('[')) return parseIpv6(text);
  if (isIP(text) === 6) throw new RangeError(`an IPv6 address is written in brackets: \`[${text}]\``);
  const slash = text.indexOf('/');
  if (slash !== -1) throw new RangeError(`a host has no path: write \`${text.slice(0, slash)}\` and put the rest in \`path\``);
  const colon = text.indexOf(':');
  if (colon !== -1) throw new RangeError(`a host has no port: write \`${text.slice(0, colon)}\``);
  if (text.endsWith('.')) throw new RangeError(`a host has no dot at its end: write \`${text.replace(/\.+$/, '')}\``);
  if (text === '*') throw new RangeError('leave `host` out to match every host');
  const wildcard = text.startsWith('*.');
  const name = wildcard ? text.slice(2) : text;
  if (name.includes('*')) throw new RangeError('`*` stands only for the first label: write `*.example.com`');
  const ascii = domainToASCII(name);
  if (ascii.length > HOST_CHARS_MAX || ascii === '' || !isHostName(ascii)) throw new RangeError(`\`${text}\` is not a host name`);
  if (wildcard && isIPv4(ascii)) throw new RangeError('an IP address has no subdomains: leave `*.` out');
  return wildcard ? `*.${ascii}` : ascii;
}

function isHostName(ascii: string): boolean {
  if (isIPv4(ascii)) return true;
  return ascii.split('.').every((label) => LABEL.test(label));
}

function parseIpv6(text: string): string {
  const address = /^\[([^\]%]*)\]$/.exec(text)?.[1] ?? '';
  if (isIP(address) === 6) return new URL(`http://[${address}]`).hostname;
  const inside = /^\[([^\]]*)\]:[0-9]+$/.exec(text)?.[1];
  throw new RangeError(inside === undefined ? `\`${text}\` is not an IPv6 address in brackets` : `a host has no port: write \`[${inside}]\``);
}
