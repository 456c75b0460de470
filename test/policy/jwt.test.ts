import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import type { JWTPayload } from 'jose';
import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Identity } from '../../src/exchange/identity.ts';
import { jwt } from '../../src/policy/jwt.ts';
import type { Phases } from '../../src/policy/policy.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { policyServices, startPolicy } from '../helpers/policies.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { AUDIENCE, CLAIMS, encoded, ISSUER, NOW_S, PAIRS, pemOf, SECRET, sign, type SigningKey, signWithSecret } from '../helpers/token-issuer.ts';

interface Verdict {
  readonly exchange: Exchange;
  readonly identity: Identity | null;
  /** Null: nothing was refused. */
  readonly error: GatewayError | null;
}

async function authenticate({ authenticator }: Phases, headers: readonly string[]): Promise<Verdict> {
  const { exchange } = sampleExchange({ headers: ['Host', 'a.test', ...headers] });
  if (authenticator === undefined) throw new Error('it is an authenticator');
  try {
    return { exchange, identity: await authenticator.authenticate(exchange), error: null };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { exchange, identity: null, error };
  }
}

async function bearer(phases: Phases, token: string): Promise<Verdict> {
  return authenticate(phases, ['Authorization', `Bearer ${token}`]);
}

async function start(options: string, clock = new ManualClock()): Promise<Phases> {
  return startPolicy(jwt, `jwt: { ${options} }`, policyServices(clock));
}

const ED448 = generateKeyPairSync('ed448');
const EC = { ES256: PAIRS.p256, ES384: PAIRS.p384, ES512: PAIRS.p521 } as const;
/** How each algorithm is signed with, and the configuration that takes it. */
const WAYS: readonly { readonly alg: string; readonly key: SigningKey; readonly options: string }[] = [
  ...(['HS256', 'HS384', 'HS512'] as const).map((alg) => ({ alg, key: Buffer.from(SECRET), options: `secret: "${SECRET}", algorithms: ${alg}` })),
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map((alg) => ({ alg, key: PAIRS.rsa.privateKey, options: `publicKey: ${JSON.stringify(pemOf(PAIRS.rsa.publicKey))}, algorithms: ${alg}` })),
  ...(['ES256', 'ES384', 'ES512'] as const).map((alg) => ({ alg, key: EC[alg].privateKey, options: `publicKey: ${JSON.stringify(pemOf(EC[alg].publicKey))}` })),
  { alg: 'EdDSA', key: PAIRS.ed25519.privateKey, options: `publicKey: ${JSON.stringify(pemOf(PAIRS.ed25519.publicKey))}` },
];

await t.test('each algorithm passes with its own key, and with no other key or algorithm', async (t) => {
  const gates = await Promise.all(WAYS.map(async ({ options }) => start(options)));
  const tokens = await Promise.all(WAYS.map(async ({ alg, key }) => sign(CLAIMS, alg, key)));
  for (const [i, token] of tokens.entries()) {
    for (const [j, gate] of gates.entries()) {
      const { identity, error } = await bearer(gate, token);
      const what = `a token with ${WAYS[i]?.alg} where ${WAYS[j]?.alg} is configured`;
      if (i === j) t.match(identity, { kind: 'jwt', name: 'u1', claims: CLAIMS }, what);
      else t.match(error, { code: 'unauthorized' }, what);
    }
  }
});

function flipped(part: string): string {
  const bytes = Buffer.from(part, 'base64url');
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  return bytes.toString('base64url');
}

await t.test('each algorithm refuses a token of which one bit is another', async (t) => {
  for (const { alg, key, options } of WAYS) {
    const gate = await start(options);
    const token = await sign(CLAIMS, alg, key);
    const [header = '', payload = '', signature = ''] = token.split('.');
    for (const forged of [`${flipped(header)}.${payload}.${signature}`, `${header}.${flipped(payload)}.${signature}`, `${header}.${payload}.${flipped(signature)}`, `${header}.${payload}.AAAA`, `${header}.${payload}.`]) {
      t.match((await bearer(gate, forged)).error, { code: 'unauthorized' }, alg);
    }
    t.ok((await bearer(gate, token)).identity, `${alg}: and still takes the right one`);
  }
});

await t.test('Ed448, which jose does not have', async (t) => {
  const gate = await start(`publicKey: ${JSON.stringify(pemOf(ED448.publicKey))}`);
  const input = `${encoded({ alg: 'EdDSA' })}.${encoded(CLAIMS)}`;
  t.ok((await bearer(gate, `${input}.${signBytes(null, Buffer.from(input), ED448.privateKey).toString('base64url')}`)).identity);
  t.match((await bearer(gate, await sign(CLAIMS, 'EdDSA', PAIRS.ed25519.privateKey))).error, { code: 'unauthorized' });
});

const RULES = `issuer: "${ISSUER}", audience: [${AUDIENCE}, other], claims: { tenant: [acme, 7], email_verified: true, app.plan: pro }, maxAge: 2h, leeway: 30s`;
const WHOLE: JWTPayload = { ...CLAIMS, tenant: 'acme', email_verified: true, app: { plan: ['free', 'pro'] } };
/** A change of one claim, and what the log says where the token is no longer good. */
const CLAIM_CASES: readonly (readonly [change: Record<string, unknown>, reason: RegExp | null])[] = [
  [{}, null], [{ aud: ['x', 'other'] }, null], [{ tenant: 7 }, null], [{ tenant: ['x', 'acme'] }, null], [{ email_verified: 'yes' }, null], [{ exp: NOW_S - 29 }, null], [{ nbf: NOW_S + 30 }, null], [{ sub: undefined }, null],
  [{ iss: undefined }, /iss claim is required/], [{ iss: 'https://login.test' }, /iss claim/], [{ iss: 'https://LOGIN.test/' }, /iss claim/], [{ iss: [ISSUER] }, /iss claim/],
  [{ aud: undefined }, /aud claim is required/], [{ aud: 'ap' }, /aud claim/], [{ aud: [] }, /aud claim/], [{ aud: ['x'] }, /aud claim/], [{ aud: { 0: 'api' } }, /aud claim/],
  [{ exp: undefined }, /exp claim is required/], [{ exp: NOW_S - 30 }, /too old/], [{ exp: `${NOW_S + 99}` }, /`exp` is not a time/], [{ exp: null }, /`exp` is not a time/],
  [{ nbf: NOW_S + 31 }, /only in/], [{ nbf: 'now' }, /`nbf` is not a time/], [{ iat: undefined }, /`iat`/], [{ iat: NOW_S - 7231 }, /too old/], [{ iat: NOW_S + 31 }, /only in/],
  [{ tenant: undefined }, /no `tenant`/], [{ tenant: '7' }, /`tenant`/], [{ tenant: 'Acme' }, /`tenant`/], [{ email_verified: false }, /false/], [{ app: { plan: 'free' } }, /`app.plan`/], [{ app: 'pro' }, /no `app.plan`/],
];

await t.test('each claim is held against what the route asks for, whatever the algorithm', async (t) => {
  for (const alg of ['HS256', 'RS256', 'ES384', 'EdDSA']) {
    const way = WAYS.find((candidate) => candidate.alg === alg);
    if (way === undefined) throw new Error(alg);
    const gate = await start(`${way.options}, ${RULES}`);
    for (const [change, reason] of CLAIM_CASES) {
      const { identity, error } = await bearer(gate, await sign({ ...WHOLE, ...change }, alg, way.key));
      if (reason === null) t.ok(identity, `${alg} ${JSON.stringify(change)}: ${error?.detail}`);
      else t.match(error, { code: 'unauthorized', detail: reason }, `${alg} ${JSON.stringify(change)}`);
    }
  }
});

await t.test('the client learns that a token is missing, not valid or expired; the log learns why (RFC 6750 section 3.1)', async (t) => {
  const gate = await start(`secret: "${SECRET}", realm: my API`);
  t.equal(gate.authenticator?.challenge, 'Bearer realm="my API"');
  t.equal((await authenticate(gate, [])).identity, null);
  t.equal((await authenticate(gate, ['Authorization', 'Basic YTpi'])).identity, null, 'not for this policy to judge');
  const refused = async (token: string, description: string, detail: RegExp): Promise<void> => {
    const { error } = await bearer(gate, token);
    t.match(error, { code: 'unauthorized', detail, headers: ['WWW-Authenticate', `Bearer realm="my API", error="invalid_token", error_description="${description}"`] });
    t.notOk(error?.detail.includes(token), 'no token in the log');
  };
  await refused('nonsense', 'the token is not valid', /three parts/);
  await refused(await signWithSecret({ ...CLAIMS, exp: NOW_S - 99 }), 'the token has expired', /too old for 69 s/);
  await refused(await sign({ ...CLAIMS, exp: NOW_S - 99 }, 'HS256', Buffer.from('f'.repeat(32))), 'the token is not valid', /no key fits/);
});

await t.test('roles: none of them is 403, and the header says what is missing', async (t) => {
  const gate = await start(`secret: "${SECRET}", roles: [admin, ops], rolesClaim: realm_access.roles`);
  t.match((await bearer(gate, await signWithSecret({ ...CLAIMS, realm_access: { roles: ['user', 'ops'] } }))).identity, { roles: ['user', 'ops'] });
  const lacking = await signWithSecret({ ...CLAIMS, realm_access: { roles: ['user'] } });
  for (const again of [1, 2]) t.match((await bearer(gate, lacking)).error, { code: 'insufficient_permissions', headers: ['WWW-Authenticate', 'Bearer error="insufficient_scope"'] }, `${again}`);
  const scopes = await start(`secret: "${SECRET}", roles: read, rolesClaim: scope`);
  t.ok((await bearer(scopes, await signWithSecret({ ...CLAIMS, scope: 'write read' }))).identity);
});

await t.test('claims go on as headers, which no client may say', async (t) => {
  const gate = await start(`secret: "${SECRET}", forward: { X-User: sub, X-Roles: r, X-Nothing: none }`);
  t.strictSame(gate.identityHeaders, ['X-User', 'X-Roles', 'X-Nothing']);
  const token = await signWithSecret({ ...CLAIMS, r: ['a', 'b'] });
  for (const again of [1, 2]) t.strictSame((await bearer(gate, token)).exchange.addedHeaders, ['X-User', 'u1', 'X-Roles', 'a,b'], `${again}`);
});

await t.test('the token is kept from the upstream where that is wished', async (t) => {
  const kept = await start(`secret: "${SECRET}", from: [header, "header:X-Token", "cookie:s", "query:t"]`);
  t.strictSame([kept.withholds, kept.secretParameters], [['x-token'], ['t']]);
  const stripped = await start(`secret: "${SECRET}", from: [header, "header:X-Token", "cookie:s", "query:t"], stripToken: true`);
  t.strictSame([stripped.withholds, stripped.secretParameters], [['Authorization', 'x-token', 'Cookie'], ['t']]);
  const { exchange, identity } = await authenticate(stripped, ['Cookie', `a=1; s=${await signWithSecret()}; b=2`]);
  t.ok(identity);
  t.strictSame(exchange.addedHeaders, ['Cookie', 'a=1; b=2']);
  t.strictSame((await authenticate(stripped, ['Cookie', 'a=1'])).exchange.addedHeaders, ['Cookie', 'a=1'], 'also where there is no token, because something else may let the client in');
});

await t.test('threat: a second token under a name that an application takes for the same does not reach it (`X_Token`)', async (t) => {
  const kept = await start(`secret: "${SECRET}", from: "header:X-Token"`);
  const token = await signWithSecret();
  t.strictSame((await authenticate(kept, ['X_Token', 'forged', 'X-TOKEN', token])).exchange.addedHeaders, ['X-TOKEN', token], 'all of that name are withheld, and the one that was checked is said anew');
  t.strictSame((await authenticate(kept, ['X-Token', 'forged'])).exchange.addedHeaders, [], 'nor one that is not good, where something else lets the client in');
});

await t.test('a token is checked once, and ends in time all the same', async (t) => {
  const clock = new ManualClock();
  const gate = await start(`secret: "${SECRET}", leeway: 10s`, clock);
  const token = await signWithSecret({ ...CLAIMS, exp: NOW_S + 60 });
  const first = await bearer(gate, token);
  t.equal((await bearer(gate, token)).identity, first.identity, 'the same object: it was not read again');
  clock.advance(69_999);
  t.ok((await bearer(gate, token)).identity);
  clock.advance(1);
  t.match((await bearer(gate, token)).error, { code: 'unauthorized', detail: /too old/ });
  clock.jumpWallClock(-60_000);
  t.ok((await bearer(gate, token)).identity, 'a clock that was set back makes it good again');
});

await t.test('of several keys the one is taken that a token names', async (t) => {
  const [first, second] = [SECRET, SECRET.replaceAll('0', '1')];
  const gate = await start(`keys: [{ kid: a, secret: "${first}" }, { kid: b, secret: "${second}" }]`);
  t.ok((await bearer(gate, await sign(CLAIMS, 'HS256', Buffer.from(second), { kid: 'b' }))).identity);
  t.ok((await bearer(gate, await sign(CLAIMS, 'HS256', Buffer.from(second)))).identity, 'a token without a name is tried with each');
  t.match((await bearer(gate, await sign(CLAIMS, 'HS256', Buffer.from(second), { kid: 'a' }))).error, { detail: 'no key fits the signature' });
  t.match((await bearer(gate, await sign(CLAIMS, 'HS256', Buffer.from(second), { kid: 'c' }))).error, { detail: 'there is no key for "HS256" and the name "c"' });
});
