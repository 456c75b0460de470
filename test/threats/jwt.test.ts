import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import t from 'tap';
import { WebSocket } from 'ws';
import { createAccessJson } from '../../src/observe/access-json.ts';
import { privacyOf } from '../observe/sample-privacy.ts';
import { faultsOfRoute } from '../helpers/policies.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { AUDIENCE, CLAIMS, encoded, ISSUER, jwkOf, NOW_S, PAIRS, pemOf, SECRET, sign, signWithSecret, startKeyServer } from '../helpers/token-issuer.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const RSA_PEM = pemOf(PAIRS.rsa.publicKey);
const issuer = await startKeyServer(t);
issuer.publish([await jwkOf(PAIRS.rsa.publicKey, { kid: 'k' })]);
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());
const live = await startWebSocketUpstream(t);
const clock = new ManualClock();
const RULES = `issuer: "${ISSUER}", audience: ${AUDIENCE}, leeway: 30s`;
const gateway = await startLoneGateway(t, `
upstreams: { app: "${upstream.target}" }
routes:
  - { path: /secret, upstream: app, jwt: { secret: "${SECRET}", ${RULES}, forward: { X-User: sub, X-Admin: admin } } }
  - { path: /rsa, upstream: app, jwt: { publicKey: ${JSON.stringify(`\\n \\t${RSA_PEM}`).replaceAll('\\\\', '\\')}, ${RULES} } }
  - { path: /jwks, upstream: app, jwt: { jwks: "${issuer.url}", ${RULES} } }
  - { path: /places, upstream: app, jwt: { secret: "${SECRET}", from: [header, "cookie:session", "query:access_token"] } }
  - { path: /live, upstream: "${live.target}", jwt: { secret: "${SECRET}", from: ["cookie:session", "query:access_token", "query:t"] } }
  - { path: /open, upstream: app }
`, { clock });
const ask = agentClient(t, gateway.port);

async function statusOf(path: string, token: string): Promise<number> {
  return (await ask({ path, headers: { authorization: `Bearer ${token}` } })).status;
}

async function signed(change: Record<string, unknown> = {}): Promise<string> {
  return signWithSecret({ ...CLAIMS, ...change });
}

/** Signed by the secret, whatever the header says. */
function forged(header: unknown, payload: unknown = CLAIMS): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
}

await t.test('threat: a token without a signature, `none` in any spelling', async (t) => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '', ' none']) {
    for (const signature of ['', '.', 'AAAA']) {
      const token = `${encoded({ alg, typ: 'JWT' })}.${encoded(CLAIMS)}.${signature}`;
      for (const path of ['/secret', '/rsa', '/jwks']) t.equal(await statusOf(path, token), 401, `${alg} ${path}`);
    }
  }
  t.equal(await statusOf('/secret', forged({ alg: 'none' })), 401);
});

await t.test('threat: the public key as the secret of an HMAC', async (t) => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    for (const key of [RSA_PEM, RSA_PEM.trim(), `${RSA_PEM}\n`, ` ${RSA_PEM}`, JSON.stringify(await jwkOf(PAIRS.rsa.publicKey))]) {
      for (const path of ['/rsa', '/jwks']) t.equal(await statusOf(path, await sign(CLAIMS, alg, Buffer.from(key), { kid: 'k' })), 401, `${alg} ${path}`);
    }
  }
});

await t.test('threat: PEM with leading white space stays a public key', async (t) => {
  t.equal(await statusOf('/rsa', await sign(CLAIMS, 'RS256', PAIRS.rsa.privateKey)), 200);
  for (const lead of ['\n', ' ', '\t\r\n', '\ufeff']) t.equal(await statusOf('/rsa', await sign(CLAIMS, 'HS256', Buffer.from(`${lead}${RSA_PEM}`))), 401);
  t.match(faultsOfRoute(`jwt: { secret: ${JSON.stringify(`  \n${RSA_PEM}`)} }`), [/no secret but a key/]);
});

await t.test('threat: a `kid` that is a path, a URL, a query or a word of the language', async (t) => {
  const before = issuer.requests;
  for (const kid of ['../../../../dev/null', '/etc/passwd', 'file:///dev/null', 'http://169.254.169.254/', "' OR 1=1 --", '__proto__', 'constructor', 'toString', '', '\0']) {
    t.equal(await statusOf('/jwks', await sign(CLAIMS, 'RS256', PAIRS.rsa.privateKey, { kid })), 401, kid);
    t.equal(await statusOf('/jwks', await sign(CLAIMS, 'HS256', Buffer.alloc(1), { kid })), 401, kid);
  }
  t.ok(issuer.requests <= before + 1, 'it has the keys fetched once');
});

await t.test('threat: keys that a token brings along or points at are not looked at', async (t) => {
  const evil = await startKeyServer(t);
  const jwk = await jwkOf(PAIRS.p256.publicKey, { kid: 'k' });
  evil.publish([jwk]);
  for (const header of [{ jku: evil.url }, { x5u: evil.url }, { jwk }, { x5c: ['MIIB'], x5t: 'AAAA' }, { jku: evil.url, kid: 'k' }]) {
    t.equal(await statusOf('/jwks', await sign(CLAIMS, 'ES256', PAIRS.p256.privateKey, header)), 401, Object.keys(header).join());
  }
  t.equal(await statusOf('/jwks', await sign(CLAIMS, 'RS256', PAIRS.rsa.privateKey, { kid: 'k', jku: evil.url })), 200, 'and change nothing where the key is the right one');
  t.equal(evil.requests, 0);
});

await t.test('threat: expired, not yet good; leeway is what is configured and no more', async (t) => {
  const cases = [[{ exp: NOW_S - 29 }, 200], [{ exp: NOW_S - 31 }, 401], [{ nbf: NOW_S + 29 }, 200], [{ nbf: NOW_S + 31 }, 401], [{ exp: `${NOW_S + 99}` }, 401], [{ exp: -1 }, 401]] as const;
  for (const [change, status] of cases) t.equal(await statusOf('/secret', await signed(change)), status, JSON.stringify(change));
  t.equal(await statusOf('/secret', forged({ alg: 'HS256' }, '{"iss":"https://login.test/","aud":"api","exp":1e999}')), 401, 'an end that never comes');
  const token = await signed({ exp: NOW_S + 1, jti: 'remembered' });
  t.equal(await statusOf('/secret', token), 200);
  clock.advance(31_000);
  t.equal(await statusOf('/secret', token), 401, 'also where it has been seen before');
});

await t.test('threat: an audience in a list counts only as a whole word of it', async (t) => {
  for (const [aud, status] of [[['x', 'api'], 200], [['x'], 401], [[], 401], ['x api', 401], ['apix', 401], [['api', 5], 401], [{ api: true }, 401], [undefined, 401]] as const) t.equal(await statusOf('/secret', await signed({ aud })), status, JSON.stringify(aud));
});

await t.test('threat: the issuer is compared letter for letter', async (t) => {
  for (const iss of ['https://login.test', 'https://login.test//', 'https://LOGIN.test/', 'https://login.test/\0', 'https://loginxtest/', '.*', ['https://login.test/'], undefined]) t.equal(await statusOf('/secret', await signed({ iss })), 401, JSON.stringify(iss));
});

await t.test('threat: a token without an end', async (t) => {
  t.equal(await statusOf('/secret', await signed({ exp: undefined })), 401);
});

await t.test('threat: weak secrets are refused at load', async (t) => {
  for (const secret of ['secret', 'a'.repeat(32), 'your-256-bit-secret-your-256-bit-secret', '12345678901234567890123456789012']) {
    const faults = faultsOfRoute(`jwt: { secret: "${secret}" }`);
    t.match(faults, [/too weak/]);
    t.notOk(faults.join('\n').includes(secret) && secret !== 'secret', 'it is not repeated');
  }
});

await t.test('threat: critical extensions that nobody here knows', async (t) => {
  for (const crit of [['b64'], ['exp'], [], ['http://example.invalid/ext'], 'b64', null, false]) t.equal(await statusOf('/secret', forged({ alg: 'HS256', crit, b64: true })), 401, JSON.stringify(crit));
  t.equal(await statusOf('/secret', forged({ alg: 'HS256', b64: false })), 401);
});

await t.test('threat: huge, deep and ambiguous tokens', async (t) => {
  t.equal(await statusOf('/secret', await signed({ pad: 'x'.repeat(12_000) })), 431, 'more than 16 KB');
  t.equal(await statusOf('/secret', await signed({ pad: 'x'.repeat(8000) })), 200);
  t.equal(await statusOf('/secret', forged({ alg: 'HS256' }, `${JSON.stringify(CLAIMS).slice(0, -1)},"a":${'['.repeat(2000)}${']'.repeat(2000)}}`)), 401);
  t.equal(await statusOf('/secret', forged({ alg: 'HS256' }, `${JSON.stringify(CLAIMS).slice(0, -1)},"sub":"admin"}`)), 401, 'a member twice');
  t.equal(await statusOf('/secret', forged('{"alg":"HS256","alg":"HS256"}')), 401);
});

await t.test('threat: two tokens in one request', async (t) => {
  const token = await signed();
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  client.write(`GET /secret HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  t.equal((await client.readResponse()).status, 400, 'two Authorization headers');
  for (const headers of [{ authorization: `Bearer ${token}`, cookie: `session=${token}` }, { cookie: `session=${token}; session=x` }]) t.equal((await ask({ path: '/places', headers })).status, 401);
  t.equal((await ask({ path: `/places?access_token=${token}`, headers: { authorization: `Bearer ${token}` } })).status, 401);
  t.equal((await ask({ path: '/places', headers: { cookie: `session=${token}` } })).status, 200);
});

await t.test('threat: a token in the query reaches neither log nor upstream, whatever becomes of the request', async (t) => {
  const token = await signed();
  const seen: string[] = [];
  for (const path of [`/places?a=1&access_token=${token}&b=2`, `/places?access%5Ftoken=${token}`, `/places?access_token=${token}x`, `/open?access_token=${token}`, `/nowhere?access_token=${token}`, `/%2e%2e/places?access_token=${token}`, `/%2e%2e/places?t=${token}`, `/nowhere?t=${token}`, `/open;x?t=${token}`, `/places?access_token=${token}&access_token=${token}`]) {
    const { body } = await ask({ path });
    if (!path.startsWith('/open')) seen.push(body.toString());
  }
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/live?access_token=${token}&room=7`);
  await once(socket, 'open');
  seen.push(live.requests[0]?.url ?? '', JSON.stringify(live.requests[0]?.headers));
  socket.terminate();
  await eventually(() => gateway.ended.some(({ path }) => path === '/live'));
  t.match(JSON.parse(seen[0] ?? '{}'), { url: '/places?a=1&b=2' });
  t.equal(live.requests[0]?.url, '/live?room=7');
  t.strictSame(gateway.ended.map(createAccessJson({ privacy: privacyOf() })).filter((line) => line.includes(token.slice(0, 60))), [], 'in the log');
  t.equal(seen.join('\n').includes(token.slice(0, 60)), false, 'at the upstream');
});

async function statusOfUpgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
  const request = http.get(`http://127.0.0.1:${gateway.port}${url}`, { agent: false, headers: { ...headers, 'connection': 'Upgrade', 'upgrade': 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' } });
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
  });
}

await t.test('threat: a WebSocket is opened by nobody without a token', async (t) => {
  t.equal(await statusOfUpgrade('/live'), 401);
  t.equal(await statusOfUpgrade(`/live?access_token=${await signed({ exp: NOW_S - 99 })}`), 401);
  t.equal(await statusOfUpgrade('/live', { authorization: `Bearer ${await signed()}` }), 401, 'not in a place that the route names');
  t.equal(await statusOfUpgrade('/live', { cookie: `session=${await signed()}` }), 101);
});

await t.test('threat: what clients say under the names of claims reaches no upstream, on no route (CVE-2026-30851)', async (t) => {
  const token = await signed({ admin: undefined });
  for (const path of ['/secret', '/open', '/rsa']) {
    const authorization = `Bearer ${path === '/rsa' ? await sign(CLAIMS, 'RS256', PAIRS.rsa.privateKey) : token}`;
    const { body } = await ask({ path, headers: { authorization, 'X-User': 'root', 'x-admin': 'true', 'X_Admin': 'true' } });
    const { headers } = JSON.parse(body.toString()) as { headers: Record<string, string> };
    t.strictSame([headers['x-user'], headers['x-admin'], headers['x_admin']], [path === '/secret' ? 'u1' : undefined, undefined, undefined], path);
  }
});
