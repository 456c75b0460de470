import type { JWTPayload } from 'jose';
import t, { type Test } from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient, type PlainAnswer } from '../helpers/plain-clients.ts';
import { jwkOf, NOW_S, PAIRS, pemOf, SECRET, sign, type SigningKey, startKeyServer } from '../helpers/token-issuer.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const KEYCLOAK = 'http://keycloak:8080/realms/staff/protocol/openid-connect/certs';
const STAFF = { iss: 'https://login.example.com/realms/staff', aud: 'api', sub: 'eve', exp: NOW_S + 3600 };
const PARTNER = { iss: 'https://id.partner.example', aud: 'api', exp: NOW_S + 3600 };

const upstream = await startHttpUpstream(echoRequest);
const issuer = await startKeyServer(t);
issuer.publish([await jwkOf(PAIRS.rsa.publicKey, { kid: 'rsa' }), await jwkOf(PAIRS.p256.publicKey, { kid: 'ec' })]);
const ca = await makeCa();
const partnerKeys = JSON.stringify({ keys: [await jwkOf(PAIRS.p384.publicKey, { kid: 'p' })] });
const partner = await startHttpUpstream((_request, response) => void response.end(partnerKeys), { tls: await makePair(ca, ['127.0.0.1']) });
t.teardown(async () => Promise.all([upstream.close(), partner.close()]));

const FILES = {
  '/etc/sluice/partner-ca.pem': ca.cert,
  '/etc/sluice/sensors.jwks.json': JSON.stringify({ keys: [await jwkOf(PAIRS.p256.publicKey, { kid: 's' })] }),
  '/etc/sluice/billing.pem': pemOf(PAIRS.ed25519.publicKey),
  '/etc/sluice/reports-2026.pem': pemOf(PAIRS.p521.publicKey),
};

/** 0.0.0.0 is this machine, too, but not by a name of which that is known for certain. */
function textWith(port: number, words: Readonly<Record<string, string>> = {}): string {
  return exampleText('tokens-in-detail', {
    'api: api:8000': `api: "${upstream.target}"`, [KEYCLOAK]: `http://0.0.0.0:${port}/jwks.json`, 'https://id.partner.example/jwks.json': `https://127.0.0.1:${partner.port}/jwks.json`, '${REPORTS_SECRET}': SECRET, ...words,
  });
}

type Get = (path: string, token: string) => Promise<PlainAnswer>;

async function start(test: Test, { port = Number(new URL(issuer.url).port), clock = new ManualClock(), files = {} } = {}): Promise<Get> {
  const gateway = await startLoneGateway(test, textWith(port), { clock, files: { ...FILES, ...files }, random: () => 0.5 });
  const ask = agentClient(test, gateway.port);
  return async (path, token) => ask({ path, headers: { host: 'api.example.com', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) } });
}

const get = await start(t);

async function statusOf(path: string, claims: JWTPayload, alg: string, key: SigningKey, kid?: string): Promise<number> {
  return (await get(path, await sign(claims, alg, key, kid === undefined ? {} : { kid }))).status;
}

await t.test('staff has tokens of the two algorithms, though the keys could do more, and who has none learns which', async (t) => {
  const { rsa: { privateKey: rsa }, p256: { privateKey: ec } } = PAIRS;
  t.strictSame([await statusOf('/a', STAFF, 'RS256', rsa, 'rsa'), await statusOf('/a', STAFF, 'ES256', ec, 'ec'), await statusOf('/a', STAFF, 'PS256', rsa, 'rsa')], [200, 200, 401]);
  t.match(await get('/a', ''), { status: 401, headers: { 'www-authenticate': 'Bearer realm="staff"' } });
});

async function pay(claims: JWTPayload, path = '/payments/1'): Promise<number> {
  return statusOf(path, { ...STAFF, ...claims }, 'ES256', PAIRS.p256.privateKey, 'ec');
}

await t.test('who pays has confirmed an address, is of one of the two companies, and has a token that is still good', async (t) => {
  t.strictSame([await pay({ email_verified: true, tenant: 'acme' }), await pay({ email_verified: true, tenant: ['globex', 'other'] })], [200, 200]);
  t.strictSame([await pay({ email_verified: false, tenant: 'acme' }), await pay({ tenant: 'acme' }), await pay({ email_verified: true, tenant: 'other' }), await pay({ email_verified: true })], [401, 401, 401, 401]);
  const over = { email_verified: true, tenant: 'acme', exp: NOW_S - 2 };
  t.strictSame([await pay(over), await pay(over, '/a')], [401, 200], 'elsewhere clocks may be apart');
});

await t.test('keys of the partner come from a server that its own authority vouches for, and from no other', async (t) => {
  const token = await sign(PARTNER, 'ES384', PAIRS.p384.privateKey, { kid: 'p' });
  t.equal((await get('/partner/a', token)).status, 200);
  const other = await start(t, { files: { '/etc/sluice/partner-ca.pem': (await makeCa()).cert } });
  t.equal((await other('/partner/a', token)).status, 503);
});

await t.test('a sensor has a token without an end, and a clock that is wrong by minutes', async (t) => {
  const { privateKey } = PAIRS.p256;
  const { exp: _exp, ...endless } = STAFF;
  t.strictSame([await statusOf('/sensors/1', { aud: 'sensors' }, 'ES256', privateKey, 's'), await statusOf('/a', endless, 'ES256', privateKey, 'ec')], [200, 401]);
  t.strictSame([await statusOf('/sensors/1', { aud: 'sensors', nbf: NOW_S + 290 }, 'ES256', privateKey, 's'), await statusOf('/sensors/1', { aud: 'sensors', exp: NOW_S - 310 }, 'ES256', privateKey, 's')], [200, 401]);
  t.equal(await statusOf('/sensors/1', { aud: 'sensors' }, 'ES384', PAIRS.p384.privateKey, 'p'), 401, 'a key that is not in the file');
});

await t.test('bills are signed with the one key', async (t) => {
  const bill = { aud: 'billing', exp: NOW_S + 60 };
  t.strictSame([await statusOf('/billing/1', bill, 'EdDSA', PAIRS.ed25519.privateKey), await statusOf('/billing/1', bill, 'ES256', PAIRS.p256.privateKey)], [200, 401]);
});

await t.test('the key of this year and that of the last one count, each by its name', async (t) => {
  const report = { aud: 'reports', exp: NOW_S + 60 };
  const [pair, secret] = [PAIRS.p521.privateKey, Buffer.from(SECRET)];
  t.strictSame([await statusOf('/reports/1', report, 'ES512', pair, '2026'), await statusOf('/reports/1', report, 'HS256', secret, '2025')], [200, 200]);
  t.strictSame([await statusOf('/reports/1', report, 'ES512', pair, '2025'), await statusOf('/reports/1', report, 'HS256', secret, '2024')], [401, 401]);
});

await t.test('keys over plain HTTP are taken only where that is said', async (t) => {
  await t.rejects(startLoneGateway(t, textWith(8080, { 'allowHttp: true': 'allowHttp: false' }), { files: FILES }), /keys fetched over plain HTTP/);
});

await t.test('keys are fetched again before five minutes are over', async (t) => {
  const clock = new ManualClock();
  const before = issuer.requests;
  const ask = await start(t, { clock });
  const token = await sign(STAFF, 'ES256', PAIRS.p256.privateKey, { kid: 'ec' });
  t.equal((await ask('/a', token)).status, 200);
  t.equal(issuer.requests, before + 1);
  // Four fifths of a life, as luck has it here.
  clock.advance(239_000);
  t.equal((await ask('/a', token)).status, 200);
  t.equal(issuer.requests, before + 1);
  clock.advance(2000);
  await eventually(() => issuer.requests === before + 2);
});

await t.test('a fetch that has had no answer for two seconds is given up', async (t) => {
  const silent = await startHttpUpstream(() => {});
  t.teardown(async () => silent.close());
  const clock = new ManualClock();
  const ask = await start(t, { port: silent.port, clock });
  await eventually(() => silent.requests === 1);
  clock.advance(1900);
  t.equal((await ask('/billing/1', '')).status, 401, 'other routes need not wait');
  t.equal(silent.open, 1);
  clock.advance(100);
  await eventually(() => silent.open === 0);
});
