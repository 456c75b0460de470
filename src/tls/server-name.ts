import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Longest DNS name in text form (RFC 1035, 2.3.4), which is longer than any address. */
const NAME_LENGTH_MAX = 253;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/**
 * The one spelling of a host under which certificates are kept and looked up: lower case, international
 * names as A-labels, no trailing dot, addresses without brackets and in their shortest form. Takes
 * whatever a client sends; what cannot be a name becomes ''.
 */
export function normalizeName(host: string): string {
  if (host.length > NAME_LENGTH_MAX + 1) return '';
  const ascii = PRINTABLE_ASCII.test(host) ? host : domainToASCII(host);
  const name = (ascii.endsWith('.') ? ascii.slice(0, -1) : ascii).toLowerCase();
  if (name.length > NAME_LENGTH_MAX) return '';
  const address = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  return isIP(address) === 6 ? shortestAddress(address) : address;
}

/** `app.example.com` → `*.example.com`: the wildcard reaches one label and no further (RFC 6125, 6.4.3). '' if there is none. */
export function wildcardOf(name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 ? `*${name.slice(dot)}` : '';
}

/** Whether a certificate with these names serves `name`, which may itself be a wildcard. */
export function isCovered(name: string, names: ReadonlySet<string>): boolean {
  return names.has(name) || (isIP(name) === 0 && names.has(wildcardOf(name)));
}

/** The names in the `subjectAltName` text of a Node certificate: `DNS:a.example, IP Address:10.0.0.1`. */
export function namesOf(subjectAltName: string | undefined): string[] {
  const names = new Set<string>();
  for (const part of subjectAltName?.split(', ') ?? []) {
    const [, kind, value] = /^(DNS|IP Address):(.+)$/.exec(part) ?? [];
    if (kind === undefined || value === undefined) continue;
    const name = normalizeName(value);
    if (name !== '') names.add(name);
  }
  return [...names];
}

/** `0:0:0:0:0:0:0:1` → `::1` (RFC 5952), as the URL parser writes it. A zone (`%eth0`) stays as it is. */
function shortestAddress(address: string): string {
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}
