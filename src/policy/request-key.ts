import { hash } from 'node:crypto';
import { cookieValue, headerValue, queryValue } from '../balance/request-fields.ts';
import type { RequestKey } from '../config/request-key.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import { clientNetwork, formatIpAddress, parseIpAddress } from '../lib/ip-address.ts';
import { maskQuery } from '../observe/secret-mask.ts';

/** What is longer is hashed, so that a key has a bound. */
const VALUE_CHARS_MAX = 64;

/** Headers that hold credentials though their name is not that of a secret parameter. */
const SECRET_HEADERS = new Set(['cookie', 'proxy-authorization']);

const IDENTITY_KINDS = ['jwt', 'apiKey', 'basic', 'forwardAuth'] as const satisfies readonly Identity['kind'][];

/** Whether it is known only after authentication what the key of a request is. */
export function needsIdentity({ of }: RequestKey): boolean {
  return of === 'apiKey' || of === 'user' || of === 'jwt';
}

/**
 * What requests are counted by, as a text of bounded length that differs between kinds: no client can write a header by
 * which it is taken for another's address. A request without the value counts for its address, IPv6 by /64. Secrets are hashed,
 * because a store may show its keys.
 * @param routeId what `route` stands for.
 */
export function requestKeyOf({ of, name }: RequestKey, routeId: string): (exchange: Exchange) => string {
  switch (of) {
    case 'address': return addressKey;
    case 'route': return constant(`r:${routeId}`);
    case 'global': return constant('g');
    case 'user': return byIdentity(({ kind, name: user }) => (user === '' ? '' : `${kind}:${user}`), 'u');
    case 'apiKey': return byIdentity(({ kind, name: key }) => (kind === 'apiKey' ? key : ''), 'k');
    case 'jwt': return byIdentity(claimReader(name), 'j');
    case 'header': return byValue(({ head }) => headerValue(head.rawHeaders, name), SECRET_HEADERS.has(name) || isSecretName(name));
    case 'cookie': return byValue(({ head }) => cookieValue(head.rawHeaders, name), true);
    case 'query': return byParameter(name);
  }
}

/**
 * The keys that a text may have become: an address, with `/64` behind it or without, a name, a value, the route's own. What
 * requests without the value are counted by is among them.
 * @param routeId what `route` stands for.
 */
export function keysOfText({ of }: RequestKey, routeId: string, text: string): readonly string[] {
  switch (of) {
    case 'route': return text === routeId ? [`r:${routeId}`] : [];
    case 'global': return text === 'global' ? ['g'] : [];
    case 'address': return addressKeys(text);
    case 'user': return [...IDENTITY_KINDS.map((kind) => bounded('u', `${kind}:${text}`)), ...addressKeys(text)];
    case 'apiKey': return [bounded('k', text), ...addressKeys(text)];
    case 'jwt': return [bounded('j', text), ...addressKeys(text)];
    case 'header':
    case 'cookie':
    // A parameter may be hashed because authentication took it out of the query, which is not known here.
    case 'query': return [bounded('v', text), hashed(text), ...addressKeys(text)];
  }
}

function addressKeys(text: string): string[] {
  const address = parseIpAddress(text.replace(/\/64$/, ''));
  return address === null ? [] : [addressKeyOf(formatIpAddress(address))];
}

function addressKey({ clientAddress }: Exchange): string {
  return addressKeyOf(clientAddress);
}

function addressKeyOf(address: string): string {
  return address.includes(':') ? `a:${clientNetwork(address)}` : `a:${address}`;
}

function constant(key: string): () => string {
  return () => key;
}

function byIdentity(valueOf: (identity: Identity) => string, kind: string): (exchange: Exchange) => string {
  return (exchange) => {
    const value = exchange.identity === null ? '' : valueOf(exchange.identity);
    return value === '' ? addressKey(exchange) : bounded(kind, value);
  };
}

function byValue(valueOf: (exchange: Exchange) => string, isSecret: boolean): (exchange: Exchange) => string {
  return (exchange) => {
    const value = valueOf(exchange);
    if (value === '') return addressKey(exchange);
    return isSecret ? hashed(value) : bounded('v', value);
  };
}

/** A parameter that was taken out of the query is a secret whatever its name. */
function byParameter(name: string): (exchange: Exchange) => string {
  const plain = byValue(({ query }) => queryValue(query, name), isSecretName(name));
  return (exchange) => {
    const secret = exchange.secretQuery?.get(name) ?? '';
    return secret === '' ? plain(exchange) : hashed(secret);
  };
}

/** The claim of that name, or the one at the end of that path: names may hold dots themselves (OpenID Connect Core §5.1.2). */
function claimReader(name: string): (identity: Identity) => string {
  const steps = name.split('.');
  return ({ claims }) => {
    const own = plainText(claims[name]);
    if (own !== '' || steps.length === 1) return own;
    let at: unknown = claims;
    for (const step of steps) at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? Reflect.get(at, step) : undefined;
    return plainText(at);
  };
}

function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function bounded(kind: string, value: string): string {
  return value.length > VALUE_CHARS_MAX ? hashed(value) : `${kind}:${value}`;
}

function hashed(value: string): string {
  return `h:${hash('sha256', value, 'base64url')}`;
}

function isSecretName(name: string): boolean {
  return maskQuery(`${name}=x`) !== `${name}=x`;
}
