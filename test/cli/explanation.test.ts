import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { askedRequest, listenerFor, wireText } from '../../src/cli/asked-request.ts';
import { type Explanation, explanationOf } from '../../src/cli/explanation.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { rehearse } from '../../src/gateway/rehearsal.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { withDefaults } from '../helpers/gateway.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { type RecordedRequest, say, startRecordingUpstream } from '../helpers/recording-upstream.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/worker-plan.ts';

const ANSWER = say('HTTP/1.1 200 OK\r\nServer: upstream\r\nX-Powered-By: upstream\r\nContent-Length: 0\r\n\r\n');
const KEY = 'slk_0123456789abcdefghijABCDEFGHIJ';

type Asked = readonly [words: string, ...headers: string[]];

/** Method and URL, headers; what a client of the real gateway sends and what is explained is the same text. */
const REQUESTS: readonly Asked[] = [
  ['http://a.test/plain'],
  ['HEAD http://a.test/plain'],
  ['http://a.test/plain/below?x=1&y=%20z'],
  ['http://A.Test:81/plain'],
  ['http://a.test/nowhere/else'],
  ['http://unknown.test/plain'],
  ['http://a.test/plain/%7euser/./x//y'],
  ['http://a.test/plain/../../etc'],
  ['http://a.test/plain/%2fetc'],
  ['http://a.test/plain/..;/x'],
  ['http://a.test/only;x=1'],
  ['http://a.test/pl%zz'],
  ['http://a.test/plain?x=%zz'],
  ['TRACE http://a.test/plain'],
  ['FROB http://a.test/plain'],
  ['CONNECT http://a.test/plain'],
  ['OPTIONS http://a.test/plain'],
  ['DELETE http://a.test/get'],
  ['POST http://a.test/get', 'Content-Length: 3'],
  ['http://a.test/get', 'Host: two.test', 'Host: a.test'],
  ['http://a.test/plain', 'Host: a..test'],
  ['http://a.test/plain', 'Host: sub.wild.test'],
  ['http://deep.sub.wild.test/x'],
  ['http://a.test/beta', 'X-Beta: 1'],
  ['http://a.test/beta', 'X-Beta: 1', 'X-Beta: 2'],
  ['http://a.test/beta'],
  ['http://a.test/query?v=2&w'],
  ['http://a.test/query?v=1'],
  ['http://a.test/static/site.css'],
  ['http://a.test/users/12'],
  ['http://a.test/users/ab'],
  ['http://a.test/fixed', 'Accept: text/html'],
  ['http://a.test/moved/here?and=so'],
  ['http://a.test/ready'],
  ['http://a.test/strip/it/off?q'],
  ['http://a.test/strip'],
  ['http://a.test/rewrite/a/b'],
  ['http://a.test/rewrite/dots/..x'],
  ['http://a.test/host'],
  ['http://a.test/named'],
  ['http://a.test/plain', 'X-Forwarded-For: 6.6.6.6', 'X-Real-IP: 6.6.6.6', 'X_Forwarded_For: 1', 'Forwarded: for=6.6.6.6', 'Proxy: x'],
  ['http://a.test/plain', 'Connection: X-Hop, close', 'X-Hop: 1', 'TE: trailers', 'Keep-Alive: 5', 'Upgrade-Insecure-Requests: 1'],
  ['http://a.test/plain', 'Cookie: a=1', 'Cookie: b=2', 'Accept-Encoding: gzip', 'Via: 1.1 other'],
  ['http://a.test/plain', `Via: ${Array.from({ length: 8 }, () => '1.1 sluice').join(', ')}`],
  ['http://a.test/plain', 'Expect: something'],
  ['http://a.test/plain', 'Authorization: a', 'Authorization: b'],
  ['POST http://a.test/plain', 'Content-Length: 3', 'Content-Type: text/plain'],
  ['POST http://a.test/plain', 'Content-Length: 0'],
  ['PUT http://a.test/small', 'Content-Length: 3'],
  ['POST http://a.test/plain', 'Content-Length: 3', 'Content-Length: 4'],
  ['http://a.test/plain', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'],
  ['http://a.test/plain', `X-Long: ${'x'.repeat(40_000)}`],
  ['http://a.test/plain', ...Array.from({ length: 120 }, (_, i) => `X-${i}: 1`)],
  ['http://a.test/denied'],
  ['http://a.test/cors', 'Origin: https://page.test'],
  ['http://a.test/cors', 'Origin: https://evil.test', 'Connection: Upgrade', 'Upgrade: websocket'],
  ['OPTIONS http://a.test/cors', 'Origin: https://page.test', 'Access-Control-Request-Method: PUT'],
  ['OPTIONS http://a.test/cors', 'Origin: https://evil.test', 'Access-Control-Request-Method: PUT'],
  ['http://a.test/key', `X-API-Key: ${KEY}`, 'X-User: forged'],
  ['http://a.test/key', 'X-API-Key: wrong'],
  ['http://a.test/either', `X-API-Key: ${KEY}`],
  [`http://a.test/querykey?a=1&key=${KEY}&b=2`],
  ['http://a.test/role', `X-API-Key: ${KEY}`],
  ['http://a.test/limited'],
  ['http://a.test/headers', 'X-Gone: 1', 'X-Set: mine', 'User-Agent: t'],
  ['http://a.test/hash', 'X-Tenant: one'],
  ['http://a.test/hash', 'X-Tenant: two'],
  ['http://a.test/hash', 'X-Tenant: three'],
  ['http://a.test/redirect?to=https'],
  ['http://other.test/any'],
  ['http://localhost/any'],
  ['https://a.test/plain'],
  ['https://a.test/redirect'],
  ['https://sub.wild.test/x'],
  ['https://localhost/any'],
];

function yamlFor(targets: readonly string[]): string {
  const digest = createHash('sha256').update(KEY).digest('hex');
  const keys = `keys: [{ name: robot, hash: "sha256:${digest}", roles: [reader] }]`;
  return `
upstreams:
  one: "${targets[0]}"
  many: { targets: [${targets.map((target) => `"${target}"`).join(', ')}], balance: { hash: header:X-Tenant } }
defaults: { https: both }
policies:
  readers: { apiKey: { ${keys} }, headers: { request: { set: { X-Said: by the set } } } }
routes:
  - { host: a.test, path: /plain/*, upstream: one }
  - { host: a.test, path: /only, upstream: one }
  - { host: a.test, path: /get, methods: [GET], upstream: one }
  - { host: "*.wild.test", upstream: one }
  - { host: a.test, path: /beta, upstream: one, match: { headers: { X-Beta: "1" } } }
  - { host: a.test, path: /beta, respond: { status: 404, body: "no beta" } }
  - { host: a.test, path: /query, upstream: one, match: { query: { v: "2", w: true } } }
  - { host: a.test, path: "/static/*.{css,js}", upstream: one, cacheControl: immutable }
  - { host: a.test, path: "~^/users/[0-9]+$", upstream: one }
  - { host: a.test, path: /fixed, respond: { json: { a: 1 }, headers: { X-Own: "1" } } }
  - { host: a.test, path: /moved/*, redirect: "https://b.test{path}{query}" }
  - { host: a.test, path: /ready, health: readiness }
  - { host: a.test, path: /strip/*, upstream: one, stripPrefix: /strip, addPrefix: /added }
  - { host: a.test, path: /rewrite/*, upstream: one, rewrite: { pattern: "^/rewrite/(.*?)/(.*)$", with: "/$2/$1" } }
  - { host: a.test, path: /host, upstream: one, hostHeader: target }
  - { host: a.test, path: /named, upstream: one, hostHeader: inner.example.com }
  - { host: a.test, path: /small, upstream: one, maxBody: 2B }
  - { host: a.test, path: /denied, upstream: one, ip: { deny: 127.0.0.1 } }
  - { host: a.test, path: /cors, methods: [GET, PUT], upstream: one, cors: https://page.test }
  - { host: a.test, path: /key, upstream: one, use: readers, apiKey: { forward: { X-User: name } } }
  - { host: a.test, path: /either, upstream: one, use: readers, basic: { users: { u: "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy" } }, anyOf: [apiKey, basic] }
  - { host: a.test, path: /querykey, upstream: one, apiKey: { ${keys}, query: key } }
  - { host: a.test, path: /role, upstream: one, use: readers, roles: [admin] }
  - { host: a.test, path: /limited, upstream: one, rateLimit: [10/min, 100/hour] }
  - { host: a.test, path: /headers, upstream: one, headers: { preset: strict, hideSoftware: false, request: { set: { X-Set: ours }, remove: X-Gone }, response: { add: { X-More: "1" } } } }
  - { host: a.test, path: /hash, upstream: many }
  - { host: a.test, path: /redirect, upstream: one, https: redirect }
  - { path: /any, upstream: one, https: redirect }
`;
}

function ask([words, ...headers]: Asked): ReturnType<typeof askedRequest> {
  return askedRequest(words.split(' '), headers, '127.0.0.1');
}

/** What is sent to a listener, and how its exchange ended. */
async function really(gateway: LoneGateway, asked: ReturnType<typeof askedRequest>): Promise<Exchange> {
  const secure = asked.scheme === 'https';
  const client = await RawClient.connect({ port: secure ? gateway.httpsPort : gateway.port, ...(secure && { tls: { ca: gateway.ca, servername: 'localhost' } }) });
  const { length } = gateway.ended;
  const hasBody = asked.headers.some(([name, value]) => name === 'Content-Length' && value === '3');
  client.write(`${wireText(asked)}${hasBody ? 'abc' : ''}`);
  if (asked.method === 'HEAD') await client.readResponse({ method: 'HEAD' });
  else await client.readResponse();
  client.destroy();
  await client.closed;
  for (let waits = 0; gateway.ended.length === length && waits < 1000; waits += 1) await new Promise((resolve) => setImmediate(resolve));
  const ended = gateway.ended[length];
  if (ended === undefined) throw new Error('the exchange has not ended');
  return ended;
}

const MADE = /^(?:x-request-id|traceparent)$/i;

function linesOf(headers: readonly (readonly [string, string])[]): string[] {
  return headers.map(([name, value]) => `${name}: ${MADE.test(name) ? 'made' : value}`);
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as [string, string]] : []));
}

/** What can be told of one request, be it sent or not. */
interface Told {
  readonly route: string;
  readonly status: number;
  readonly code: string;
  readonly reason: string;
  readonly target: string;
  readonly client: string;
  readonly line: string;
  readonly sent: readonly string[];
  readonly answer: readonly string[];
}

function told(exchange: Exchange, line: string, sent: readonly (readonly [string, string])[]): Told {
  return {
    route: exchange.routeId, status: exchange.status, code: exchange.errorCode, reason: exchange.errorDetail, target: exchange.target, client: exchange.clientAddress,
    line, sent: linesOf(sent), answer: linesOf(pairs(exchange.answerHeaders)),
  };
}

function toldByGateway(exchange: Exchange, seen: RecordedRequest | undefined): Told {
  return told(exchange, seen?.line ?? '', seen?.headers ?? []);
}

await t.test('what is explained is what the gateway does', async (t) => {
  const upstreams = await Promise.all([0, 1, 2].map(async () => startRecordingUpstream(t, ANSWER)));
  const listen = `listen: { http: "127.0.0.1:${await freePort()}", https: "127.0.0.1:${await freePort()}", admin: off }`;
  const yaml = withDefaults(`${listen}\n` + yamlFor(upstreams.map(({ target }) => target.replace('http://', ''))), '/var/lib/sluice', true);
  const gateway = await startLoneGateway(t, yaml, { https: true });
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, yaml);
  const loaded = loadConfig(file, { env: {} });
  const wrong: string[] = [];
  const codes = new Set<string>();
  for (const request of REQUESTS) {
    const asked = ask(request);
    const before = upstreams.map(({ seen }) => seen.length);
    const ended = await really(gateway, asked);
    const seen = upstreams.flatMap((upstream, i) => upstream.seen.slice(before[i]));
    const rehearsal = await rehearse(loaded.config, {
      text: wireText(asked), serverName: asked.host, secure: asked.scheme === 'https', localPort: 0, peerAddress: asked.client,
    }, { clock: systemClock, isCertified: () => false });
    const listener = listenerFor(asked, loaded.config.listen);
    if (listener === null) throw new Error('both are listened for');
    const explanation = explanationOf({ asked, listener, loaded, rehearsal });
    const real = toldByGateway(ended, seen[0]);
    const said = told(rehearsal.exchange, rehearsal.sent?.line ?? '', rehearsal.sent?.headers ?? []);
    const name = request.map((word) => word.slice(0, 60)).slice(0, 4).join(' ');
    if (JSON.stringify(real) !== JSON.stringify(said)) wrong.push(`${name}\n  does ${JSON.stringify(real)}\n  says ${JSON.stringify(said)}`);
    wrong.push(...disagreements(name, real, explanation, asked.headers.length));
    if (real.code !== '') codes.add(real.code);
  }
  t.strictSame(wrong, []);
  t.ok(REQUESTS.length >= 40 && codes.size >= 12, `${REQUESTS.length} requests, ${codes.size} codes: ${[...codes].join(' ')}`);
});

/** Whether the explanation, which hides what is secret, says the same. */
function disagreements(name: string, real: Told, { route, refusal, sent, answer, target }: Explanation, headerCount: number): string[] {
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, shouldBe: unknown): void => {
    if (is !== shouldBe) wrong.push(`${name}: ${what} is ${String(is)}, not ${String(shouldBe)}`);
  };
  if (real.code !== 'bad_path') expect('the route', route?.id ?? '', real.route);
  expect('the code', refusal?.code ?? '', real.code);
  expect('the status', refusal?.status ?? 0, real.code === '' ? 0 : real.status);
  expect('that it is sent', sent !== null, real.line !== '');
  if (sent !== null) {
    expect('what is said to the upstream', sent.forwarded.length + sent.added.length + 1, real.sent.length);
    if (target?.chosen !== null) expect('the target', target?.chosen, real.target);
    if (headerCount === 1) expect('what is withheld', sent.withheld.join(), '');
  }
  if (answer?.by === 'gateway') expect('the answer', answer.status, real.status);
  return wrong;
}

async function explained(t: Test, yaml: string, request: Asked, env: Record<string, string> = {}, client = '127.0.0.1'): Promise<Explanation> {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, withDefaults(yaml, '/var/lib/sluice', false));
  const loaded = loadConfig(file, { env });
  const [words, ...headers] = request;
  const asked = askedRequest(words.split(' '), headers, client);
  const listener = listenerFor(asked, loaded.config.listen);
  if (listener === null) throw new Error('it is listened for');
  const rehearsal = await rehearse(loaded.config, { text: wireText(asked), serverName: asked.host, secure: false, localPort: 80, peerAddress: asked.client }, { clock: systemClock, isCertified: () => false });
  return explanationOf({ asked, listener, loaded, rehearsal });
}

await t.test('every value has the place where it was said, and by whom', async (t) => {
  const { policies, settings } = await explained(t, `listen: { http: 80 }
upstreams:
  api: { targets: "127.0.0.1:1", timeouts: { response: 9s, connect: 1s }, retry: { attempts: 2 } }
defaults:
  timeouts: { connect: 2s, idle: 3s }
  headers: { request: { set: { X-A: low, X-B: low } } }
policies:
  set: { rateLimit: { limits: 10/min, burst: 5 } }
routes:
  - upstream: api
    use: set
    timeouts: { total: 30s }
    headers: { request: { set: { x-a: high } } }
    rateLimit: 7/s
`, ['http://a.test/']);
  const line = (values: (typeof policies)[number]['values']): string[] => values.map(({ path, value, from, layer }) => `${path}=${String(value)} ${from.split(':').at(-1)} ${layer ?? '-'}`);
  t.strictSame(line(settings.route).slice(0, 6), [
    'timeouts.connect=1s 8 upstream api', 'timeouts.idle=3s 10 defaults', 'timeouts.response=9s 8 upstream api', 'timeouts.total=30s 17 route',
    'timeouts.stream=24h default -', 'timeouts.tunnel=24h default -',
  ]);
  t.strictSame(policies.map(({ name, values }) => [name, ...line(values.filter(({ from }) => from !== 'default'))]), [
    ['headers', 'request.set.X-B=low 11 defaults', 'request.set.x-a=high 18 route'],
    ['rateLimit', 'limits=7/s 19 route'],
  ], 'a burst that a more specific limit makes void is not shown');
  t.match(settings.upstream.find(({ path }) => path === 'retry.attempts'), { value: 2, from: /:8$/ });
});

await t.test('no secret is shown, wherever it comes from', async (t) => {
  const secrets = { TOKEN: 'env-token-1234', JWT: '9f1c27d06b5e4a83c2d7f0e69b18a45d3c70e2f14b96d85a' };
  const explanation = await explained(t, `listen: { http: 80 }
upstreams: { api: { targets: "127.0.0.1:1", balance: { hash: cookie:sid } } }
routes:
  - upstream: api
    jwt: { secret: "\${JWT}", audience: x }
    headers: { request: { set: { X-Plain: "pre \${TOKEN}", X-Api-Token: literal-token-99 } } }
    match: { headers: { X-Api-Key: match-key-77 } }
`, ['http://a.test/?access_token=query-55&q=1', 'X-Api-Key: match-key-77', 'Cookie: sid=cookie-33', 'X-Session-Token: header-44'], secrets);
  const text = JSON.stringify(explanation);
  t.strictSame([...Object.values(secrets), 'literal-token-99', 'match-key-77', 'query-55', 'cookie-33', 'header-44'].filter((secret) => text.includes(secret)), []);
  t.match(explanation.sent?.added.find(({ name }) => name === 'X-Plain'), { value: '${TOKEN}' });
  t.match(explanation.sent?.line, 'GET /?access_token=***&q=1 HTTP/1.1');
  t.match(explanation.target?.rule, 'hash of cookie sid (***)');
});

await t.test('who loses is told to what', async (t) => {
  const { route, others } = await explained(t, `
routes:
  - { name: methods, host: a.test, path: /x/*, methods: [PUT], respond: {} }
  - { name: header, host: a.test, path: /x/*, match: { headers: { X-A: "1" } }, respond: {} }
  - { name: query, host: a.test, path: /x/*, match: { query: { v: "2" } }, respond: {} }
  - { name: low, host: a.test, path: "~^/x/[a-z]", respond: {} }
  - { name: winner, host: a.test, path: "~^/x/[a-z]+", priority: 1, respond: {} }
  - { name: shorter, host: a.test, respond: {} }
  - { name: wildcard, host: "*.test", path: /x/y, respond: {} }
  - { name: any, path: /x/y, respond: {} }
  - { name: elsewhere, host: a.test, path: /z, respond: {} }
  - { name: foreign, host: b.test, path: /x/y, respond: {} }
`, ['http://a.test/x/y']);
  t.match(route, { id: 'winner', fits: true, why: 'before others by a higher `priority`' });
  t.strictSame(others.map(({ id, fits, why }) => `${id} ${fits ? 'fits' : 'not'}: ${why}`), [
    'low fits: would take it, but that one has a higher `priority`',
    'shorter fits: would take it, but that one has a longer path',
    'wildcard fits: would take it, but that one has a closer host',
    'any fits: would take it, but that one has a closer host',
    'methods not: wants methods PUT',
    'header not: wants header x-a=1',
    'query not: wants query v=2',
    'elsewhere not: wants another path',
  ]);
});
