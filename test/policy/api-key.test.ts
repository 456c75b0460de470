import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { apiKey } from '../../src/policy/api-key.ts';
import { startGateway } from '../helpers/gateway.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { policyServices, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

function lineOf(name: string, settings = ''): string {
  return `${name} sha256:${hash('sha256', `key-of-${name}`)} ${settings}`.trim();
}

const KEYS = `["${lineOf('mobile', 'roles=reader')}", "${lineOf('admin', 'roles=admin,reader')}", "${lineOf('old', 'expires=2025-12-31')}"]`;

async function ask(port: number, target: string, lines: readonly string[] = []): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  try {
    return await client.write([`GET ${target} HTTP/1.1`, 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse();
  } finally {
    client.destroy();
  }
}

interface Staged {
  readonly gateway: LoneGateway;
  readonly send: (target: string, ...lines: string[]) => Promise<RawResponse>;
  /** As the upstream got them. */
  readonly headersOf: (response: RawResponse) => Record<string, string>;
  readonly urlOf: (response: RawResponse) => string;
}

function echoed({ text }: RawResponse): { readonly headers: Record<string, string>; readonly url: string } {
  return JSON.parse(text) as { headers: Record<string, string>; url: string };
}

async function stage(t: Test, options: string): Promise<Staged> {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", ${options} }]`, { clock: new ManualClock() });
  return { gateway, send: async (target, ...lines) => ask(gateway.port, target, lines), headersOf: (response) => echoed(response).headers, urlOf: (response) => echoed(response).url };
}

await t.test('who has a key comes in, and the upstream learns whose it is but not the key', async (t) => {
  const { gateway, send, headersOf } = await stage(t, `apiKey: { keys: ${KEYS}, forward: { X-Client: name, X-Roles: roles } }`);
  const good = await send('/', 'X-API-Key: key-of-admin', 'X_API_KEY: 1', 'X-Client: evil', 'x_roles: root');
  t.equal(good.status, 200);
  const headers = headersOf(good);
  t.match(headers, { 'x-client': 'admin', 'x-roles': 'admin, reader' });
  t.strictSame(Object.keys(headers).filter((name) => /api.key|x_/.test(name)), []);
  t.match(gateway.ended[0]?.identity, { kind: 'apiKey', name: 'admin', roles: ['admin', 'reader'], claims: {}, limits: null });
});

await t.test('without a key, and with one that is not valid, it is 401 and says how a key is shown', async (t) => {
  const { gateway, send } = await stage(t, `apiKey: { keys: ${KEYS} }`);
  for (const lines of [[], ['X-API-Key: unknown'], ['X-API-Key:'], ['X-API-Key: key-of-old'], ['X-API-Key: key-of-admin', 'X-API-Key: key-of-admin']]) {
    t.match(await send('/', ...lines), { status: 401, headers: { 'www-authenticate': 'ApiKey header="X-API-Key"', 'cache-control': 'no-store' } }, lines.join());
  }
  t.strictSame(gateway.ended.map(({ errorDetail }) => errorDetail), [
    'the request has no credentials', 'the API key is not known', 'the API key is not known', 'the API key old expired on 2025-12-31', 'the request has more than one API key',
  ]);
});

await t.test('a key ends in its moment', async (t) => {
  const clock = new ManualClock();
  const { authenticator } = await startPolicy(apiKey, `apiKey: { keys: ["${lineOf('a', 'expires=2026-01-02')}"] }`, policyServices(clock));
  const authenticate = (): unknown => authenticator?.authenticate(sampleExchange({ headers: ['X-API-Key', 'key-of-a'] }).exchange);
  clock.advance(86_400_000 - 1);
  t.match(authenticate(), { name: 'a' });
  clock.advance(1);
  t.throws(authenticate, { code: 'unauthorized', detail: 'the API key a expired on 2026-01-02' });
});

await t.test('roles: a key without one of them is known, and still may not', async (t) => {
  const { gateway, send } = await stage(t, `apiKey: { keys: ${KEYS}, roles: [admin] }`);
  t.equal((await send('/', 'X-API-Key: key-of-admin')).status, 200);
  t.match(await send('/', 'X-API-Key: key-of-mobile'), { status: 403, headers: { 'www-authenticate': undefined } });
  t.match(gateway.ended[1], { errorCode: 'insufficient_permissions', errorDetail: 'mobile has none of the roles admin' });
});

await t.test('behind a scheme of Authorization', async (t) => {
  const { send, headersOf } = await stage(t, `apiKey: { keys: ${KEYS}, scheme: Bearer }`);
  const good = await send('/', 'Authorization: Bearer key-of-mobile');
  t.strictSame([good.status, headersOf(good)['authorization']], [200, undefined]);
  t.match(await send('/', 'X-API-Key: key-of-mobile'), { status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' } });
  t.match(await send('/', 'Authorization: Bearer x'), { status: 401, headers: { 'www-authenticate': 'Bearer realm="api", error="invalid_token"' } });
});

await t.test('in the query it gets neither into the log nor to the upstream, good or not', async (t) => {
  const { gateway, send, urlOf } = await stage(t, `apiKey: { keys: ${KEYS}, query: k }`);
  t.equal(urlOf(await send('/x?a=1&k=key-of-mobile&b=2')), '/x?a=1&b=2');
  t.equal((await send('/x?k=key-of-nobody')).status, 401);
  t.equal((await send('/x?k=key-of-mobile&k=key-of-mobile')).status, 401);
  t.equal((await send('/x?k=key-of-mobile', 'X-API-Key: key-of-mobile')).status, 401);
  t.strictSame(gateway.ended.map(({ path: at, query, errorDetail }) => `${at}${query} ${errorDetail}`).filter((line) => line.includes('key-of')), []);
});

await t.test('the upstream gets the key where that is said, once', async (t) => {
  const kept = `apiKey: { keys: ${KEYS}, query: k, keepKey: true }`;
  const header = await stage(t, kept);
  t.equal(header.headersOf(await header.send('/', 'x-api-key: key-of-mobile', 'X_API_Key: key-of-admin'))['x-api-key'], 'key-of-mobile');
  t.equal(header.headersOf(await header.send('/?k=key-of-mobile'))['x-api-key'], 'key-of-mobile');
  t.notMatch(header.urlOf(await header.send('/?k=key-of-mobile')), 'key-of');
  const bearer = await stage(t, kept.replace('query', 'scheme: Bearer, query'));
  t.equal(bearer.headersOf(await bearer.send('/', 'Authorization: Bearer key-of-mobile'))['authorization'], 'Bearer key-of-mobile');
  t.equal(bearer.headersOf(await bearer.send('/?k=key-of-mobile', 'Authorization: Basic YTpi'))['authorization'], 'Bearer key-of-mobile');
});

await t.test('a WebSocket is opened with a key in its query, and without one it is not', async (t) => {
  const upstream = await startWebSocketUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", apiKey: { keys: ${KEYS}, query: k } }]`);
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  t.equal((await ask(gateway.port, '/', upgrade)).status, 401);
  t.equal((await ask(gateway.port, '/?k=key-of-mobile', upgrade)).status, 101);
  t.strictSame(upstream.requests.map(({ url }) => url), ['/']);
});

await t.test('a file of keys counts in every worker as it is now, without a reload', async (t) => {
  const file = path.join(tempDir(t), 'keys.txt');
  writeFileSync(file, `${lineOf('one')}\n`);
  const gateway = await startGateway(t, `workers: 2\nroutes: [{ respond: {}, apiKey: { file: ${file} } }]`);
  const statusOf = async (name: string): Promise<number> => (await ask(gateway.httpPort, '/', [`X-API-Key: key-of-${name}`])).status;
  // New connections are spread over the workers: ten in a row reach both, but for one case in five hundred.
  const all = async (name: string): Promise<number[]> => [...new Set(await Promise.all(Array.from({ length: 10 }, async () => statusOf(name))))];
  t.strictSame(await all('one'), [200]);
  writeFileSync(file, `# one has gone\n${lineOf('two')}\n`);
  await eventually(async () => (await all('two')).join() === '200', 5000);
  await eventually(async () => (await all('one')).join() === '401', 5000);
  writeFileSync(file, 'three key-of-three\n');
  t.match(await gateway.plane.reload(), { ok: false }, 'what a reload would use is held to the same');
  t.strictSame([await all('two'), await all('three')], [[200], [401]]);
});
