import { domainToASCII } from 'node:url';
import type { ListenAddress, ListenConfig } from '../config/config.ts';
import { formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';
import { METHODS, validateHeaderName, validateHeaderValue } from '../lib/node-http.ts';

/** A request that a user asks about, as a client would send it. */
export interface AskedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without port. */
  readonly host: string;
  /** That of the scheme where none is named. */
  readonly port: number;
  /** Path and query, byte for byte. */
  readonly target: string;
  /** `Host` first. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly client: string;
}

/** Where a request would come in. */
export interface ChosenListener {
  readonly kind: 'http' | 'https';
  readonly address: ListenAddress;
  /** Place of the address among those of its kind. */
  readonly index: number;
  /** False: nothing listens on the port of the URL, which may be mapped to this one. */
  readonly isExact: boolean;
}

const URL_PARTS = /^(https?):\/\/([^/?#]*)([^#]*)/i;
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:@\s]+)(?::([0-9]{1,5}))?$/i;
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
const PORTS = { http: 80, https: 443 } as const;
/** Of the block for documentation (RFC 5737): nobody's address. */
const CLIENT_DEFAULT = '192.0.2.1';

/**
 * Reads what stands on a command line.
 * @param headers each as `Name: value`. @param client null: some stranger.
 * @throws RangeError with a sentence for the user.
 */
export function askedRequest(words: readonly string[], headers: readonly string[], client: string | null): AskedRequest {
  const [method = 'GET', url] = words.length > 1 ? words : [undefined, words[0]];
  if (url === undefined) throw new RangeError('a URL is missing, as in `sluice explain https://app.example.com/api/users`');
  if (!TOKEN.test(method)) throw new RangeError(`\`${method}\` is not a method`);
  const [, scheme = '', authority = '', rest = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === '') throw new RangeError(`\`${url}\` is not a URL: write it in full, as in https://app.example.com/`);
  const [, name = '', portText] = AUTHORITY.exec(authority) ?? [];
  const host = /[^ -~]/.test(name) ? domainToASCII(name) : name;
  if (host === '') throw new RangeError(`\`${authority}\` is not a host that a client could ask for`);
  const kind = scheme.toLowerCase() === 'https' ? 'https' : 'http';
  const port = portText === undefined ? PORTS[kind] : Number(portText);
  const fields = headers.map(fieldOf);
  const named = fields.some(([field]) => field.toLowerCase() === 'host');
  const authorityText = port === PORTS[kind] ? host : `${host}:${port}`;
  return {
    method: knownMethod(method), scheme: kind, host: host.toLowerCase(), port, target: targetOf(rest),
    headers: [...(named ? [] : [['Host', authorityText] as const]), ...fields],
    client: addressOf(client ?? CLIENT_DEFAULT),
  };
}

/** The request as it stands on the wire, latin1. */
export function wireText({ method, target, headers }: AskedRequest): string {
  return `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** The listener of the scheme on this port, else its first; null: nobody listens for the scheme. */
export function listenerFor({ scheme, port }: AskedRequest, listen: Pick<ListenConfig, 'http' | 'https'>): ChosenListener | null {
  const addresses = listen[scheme];
  const exact = addresses.findIndex((address) => address.port === port);
  const index = Math.max(exact, 0);
  const address = addresses[index];
  return address === undefined ? null : { kind: scheme, address, index, isExact: exact !== -1 };
}

/** People write `get`; HTTP does not. */
function knownMethod(method: string): string {
  const upper = method.toUpperCase();
  return METHODS.includes(upper) ? upper : method;
}

/** A client escapes what is not ASCII (RFC 3986 §2.5), and leaves the rest as it was typed. */
function targetOf(rest: string): string {
  if (/[\0-\u0020\u007f]/.test(rest)) throw new RangeError('a URL has no blanks: write %20');
  const escaped = rest.replaceAll(/[^\0-\u007f]+/g, (text) => encodeURIComponent(text.toWellFormed()));
  return escaped.startsWith('/') ? escaped : `/${escaped}`;
}

function fieldOf(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  const [name, value] = [text.slice(0, Math.max(colon, 0)), Buffer.from(text.slice(colon + 1).trim(), 'utf8').toString('latin1')];
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch {
    // The text itself is not repeated: it may be a secret.
    throw new RangeError(`\`${TOKEN.test(name) ? name : '-H'}\` is not a header: write -H 'Name: value'`);
  }
  return [name, value];
}

function addressOf(text: string): string {
  const address = parseIpAddress(text);
  if (address === null) throw new RangeError(`\`${text}\` is not the address of a client: write an IPv4 or IPv6 address`);
  return formatIpAddress(address);
}
