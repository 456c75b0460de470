import { isIPv6 } from 'node:net';
import { GatewayError } from '../exchange/errors.ts';
import { formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';

interface RequestHost {
  /** Lower case, without trailing dot; an IPv6 address in brackets, in its shortest form (RFC 5952). */
  readonly host: string;
  /** null where the client named none. */
  readonly port: number | null;
}

const DOT = 0x2e;
const COLON = 0x3a;
const BRACKET = 0x5b;
/** RFC 3986, 3.2.2. */
const HOST_LENGTH_MAX = 255;
/** RFC 1035, 2.3.4. */
const LABEL_LENGTH_MAX = 63;

/** Letters, digits, hyphen, and the underscore, which names of compose services and of DNS records have. */
const LOWER = 1;
const UPPER = 2;
const NAME = new Uint8Array(128);
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789-_') NAME[character.charCodeAt(0)] = LOWER;
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') NAME[character.charCodeAt(0)] = UPPER;

/**
 * Reads a Host header, an `:authority` or the authority of an absolute-form target. Not cached: one pass
 * over a host costs no more than hashing it to find it in a map.
 * @throws {GatewayError} `bad_host` for what is empty, has userinfo, commas, blanks, escapes, non-ASCII,
 * an empty or overlong label, a wrong IPv6 address, or a port that is not 1 to 65535.
 */
export function parseHost(value: string): RequestHost {
  if (value.charCodeAt(0) === BRACKET) return parseIpv6Host(value);
  let labelStart = 0;
  let isLower = true;
  let end = 0;
  for (; end < value.length; end += 1) {
    const code = value.charCodeAt(end);
    const kind = NAME[code];
    if (kind === LOWER) continue;
    if (kind === UPPER) {
      isLower = false;
      continue;
    }
    if (code === COLON) break;
    if (code !== DOT) throw refused('it contains a character no host name has');
    checkLabel(end - labelStart);
    labelStart = end + 1;
  }
  // The dot that makes a name absolute: `app.example.com.` is the same host.
  const nameEnd = end > 1 && labelStart === end ? end - 1 : end;
  if (nameEnd === end) checkLabel(end - labelStart);
  if (nameEnd > HOST_LENGTH_MAX) throw refused('it is too long');
  const name = value.slice(0, nameEnd);
  return { host: isLower ? name : name.toLowerCase(), port: parsePort(value, end) };
}

function parseIpv6Host(value: string): RequestHost {
  const end = value.indexOf(']');
  const text = value.slice(1, end);
  // A zone (`%25eth0`) means something on the client's machine only (RFC 6874, 4).
  const address = end > 0 && isIPv6(text) && !text.includes('%') ? parseIpAddress(text) : null;
  if (address === null) throw refused('it is not an IPv6 address in brackets');
  const shortest = formatIpAddress(address);
  return { host: shortest.includes(':') ? `[${shortest}]` : `[::ffff:${shortest}]`, port: parsePort(value, end + 1) };
}

function checkLabel(length: number): void {
  if (length === 0) throw refused('it is empty or has an empty label');
  if (length > LABEL_LENGTH_MAX) throw refused('a label of it is too long');
}

/** The port after the colon at `colon`, which is the end of the text where there is none. */
function parsePort(value: string, colon: number): number | null {
  if (colon === value.length) return null;
  const digits = value.slice(colon + 1);
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0;
  if (value.charCodeAt(colon) !== COLON || port < 1 || port > 65_535) throw refused('its port is not a number from 1 to 65535');
  return port;
}

function refused(reason: string): GatewayError {
  return new GatewayError('bad_host', reason);
}
