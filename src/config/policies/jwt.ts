import type { Static } from 'typebox';
import { parseDuration } from '../../lib/duration.ts';
import type { JwtAlgorithm, JwtKey } from '../../lib/jwt-key.ts';
import type { Context } from '../context.ts';
import type { ForwardedClaim, JwksConfig, JwtConfig } from '../jwt-config.ts';
import { readAuthorities } from '../pem.ts';
import { resolveKeys, resolveKeySet } from '../resolve-token-keys.ts';
import { withDefaults } from '../schema/defaults.ts';
import { filledJwksSchema, filledJwtSchema, jwtSchema } from '../schema/jwt.ts';
import { offOr } from '../schema/value.ts';
import { parseTokenPlace, type TokenPlace } from '../token-place.ts';
import { policyKind } from './policy-kind.ts';

const MINUTE_MS = 60_000;
const LEEWAY_MS = [0, 5 * MINUTE_MS, 'up to 5m'] as const;
const REFRESH_MS = [MINUTE_MS, 24 * 60 * MINUTE_MS, 'from 1m to 24h'] as const;
const TIMEOUT_MS = [1, MINUTE_MS, 'up to 60s'] as const;

type Raw = Static<typeof jwtSchema>;
type Path = readonly (string | number)[];

/** JSON Web Tokens (RFC 7519). */
export const jwt = policyKind({
  schema: jwtSchema,
  option: offOr(jwtSchema, {
    description: 'Only requests with a good JSON Web Token may come in: signed by a key named here, not expired, from the right issuer for the right audience. Others get 401. It is looked at when a request begins, a WebSocket or an event stream included.',
    expects: '`secret`, `publicKey`, `keys` or `jwks`, and what tokens must say',
    examples: [{ jwks: 'https://login.example.com/.well-known/jwks.json', issuer: 'https://login.example.com/', audience: 'api' }, { secret: '${JWT_SECRET}', roles: ['admin'] }],
  }),
  shorthand: null,
  always: false,
  resolve: resolveJwt,
});

function resolveJwt(raw: Raw, place: Context): JwtConfig | null {
  const full = withDefaults(filledJwtSchema, raw);
  if (raw.secret === undefined && raw.publicKey === undefined && raw.keys === undefined && raw.jwks === undefined) {
    place.report.error(place.at(), 'nothing says which key tokens are signed with', 'Give it `secret`, `publicKey`, `keys` or `jwks`.');
  }
  const algorithms = raw.algorithms === undefined ? null : [raw.algorithms].flat();
  const jwks = jwksOf(raw.jwks, place);
  if (jwks !== null && raw.issuer === undefined && raw.audience === undefined) {
    place.report.warning(place.key('jwks'), 'every token of this issuer is good here, also one made for another service', 'Add `audience`, and `issuer`.');
  }
  if (/[^ -~]/.test(full.realm)) place.report.error(place.at('realm'), 'a realm has ASCII characters only');
  return {
    keys: keysOf(raw, algorithms, place),
    jwks,
    algorithms,
    issuers: [raw.issuer ?? []].flat(),
    audiences: [raw.audience ?? []].flat(),
    leewayMs: durationOf(full.leeway, ['leeway'], LEEWAY_MS, place),
    requireExp: full.requireExp,
    maxAgeMs: raw.maxAge === undefined ? null : parseDuration(raw.maxAge),
    claims: Object.entries(raw.claims ?? {}).map(([path, value]) => ({ path, values: value === true ? null : [value].flat() })),
    roles: [raw.roles ?? []].flat(),
    rolesClaim: full.rolesClaim,
    from: placesOf([full.from].flat(), place),
    forward: forwardOf(raw.forward ?? {}, place),
    stripToken: full.stripToken,
    realm: full.realm,
  };
}

function keysOf(raw: Raw, algorithms: readonly JwtAlgorithm[] | null, place: Context): JwtKey[] {
  const file = typeof raw.jwks === 'object' ? raw.jwks.file : undefined;
  const shared = raw.jwks === undefined ? ['algorithms'] : null;
  const keys = raw.secret === undefined && raw.publicKey === undefined ? [] : resolveKeys({ secret: raw.secret, publicKey: raw.publicKey, alg: algorithms ?? undefined }, place, [], shared);
  for (const [index, key] of (raw.keys ?? []).entries()) {
    if (key.secret === undefined && key.publicKey === undefined) place.report.error(place.at('keys', index), 'the key is missing', 'Give it `secret` or `publicKey`.');
    keys.push(...resolveKeys(key, place, ['keys', index], ['keys', index, 'alg']));
  }
  return file === undefined ? keys : [...keys, ...resolveKeySet(file, place.at('jwks', 'file'), place, algorithms)];
}

function jwksOf(raw: Raw['jwks'], place: Context): JwksConfig | null {
  if (raw === undefined) return null;
  const { url, file, ca, ...options } = typeof raw === 'string' ? { url: raw } : raw;
  if (url === undefined && file === undefined) place.report.error(place.at('jwks'), 'this names no keys', 'Give it `url` or `file`.');
  if (url === undefined) return null;
  const full = withDefaults(filledJwksSchema, options);
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !full.allowHttp && !isLoopback(hostname)) {
    const node = typeof raw === 'string' ? place.at('jwks') : place.at('jwks', 'url');
    place.report.error(node, 'keys fetched over plain HTTP can be exchanged on the way', 'Write `https://`, or add `allowHttp: true` where the network is yours alone.');
  }
  return {
    url,
    refreshMs: durationOf(full.refresh, ['jwks', 'refresh'], REFRESH_MS, place),
    timeoutMs: durationOf(full.timeout, ['jwks', 'timeout'], TIMEOUT_MS, place),
    ca: ca === undefined ? null : readAuthorities(place.at('jwks', 'ca'), ca, place),
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function durationOf(text: string, path: Path, [least, most, range]: readonly [number, number, string], place: Context): number {
  const ms = parseDuration(text);
  if (ms < least || ms > most) place.report.error(place.at(...path), `\`${text}\` is out of range: ${range}`);
  return ms;
}

function placesOf(texts: readonly string[], place: Context): TokenPlace[] {
  for (const [index, text] of texts.entries()) {
    if (texts.indexOf(text) < index) place.report.error(place.at('from', index), `\`${text}\` stands here twice`);
  }
  return texts.map((text) => parseTokenPlace(text));
}

/** As applications cannot always tell `-` from `_`, neither may two headers differ in that alone. */
function forwardOf(forward: Readonly<Record<string, string>>, place: Context): ForwardedClaim[] {
  const seen = new Set<string>();
  return Object.entries(forward).map(([header, path]) => {
    const plain = header.toLowerCase().replaceAll('_', '-');
    if (seen.has(plain)) place.report.error(place.key('forward', header), `\`${header}\` stands here twice`);
    seen.add(plain);
    return { header, path };
  });
}
