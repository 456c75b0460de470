import t from 'tap';
import { RouteTable } from '../src/request/route-table.ts';
import { Generation } from '../src/gateway.ts';
import { cellNames } from '../src/gateway/route-cells.ts';
import { CellNames } from '../src/lib/cell-names.ts';
import { createSharedCells, SharedCells } from '../src/lib/shared-cells.ts';
import { Slots } from '../src/lib/slots.ts';
import { PoolRegistry } from '../src/upstream/pool-registry.ts';
import type { GenerationServices } from '../src/gateway.ts';
import { configOf } from './helpers/config-text.ts';
import { connectH2, requestH2 } from './helpers/h2-client.ts';
import { literalRoster, someSlotMemory } from './helpers/literal-roster.ts';
import { startLoneGateway } from './helpers/lone-gateway.ts';
import { policyServices } from './helpers/policies.ts';
import { RawClient } from './helpers/raw-client.ts';
import type { RawResponse } from './helpers/raw-response.ts';
import { sampleExchange } from './helpers/sample-exchange.ts';
import { echoRequest, startHttpUpstream } from './helpers/upstream.ts';

type Target = { readonly port: number };

async function ask({ port }: Target, head: string): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  const response = await client.write(`${head}\r\n\r\n`).readResponse();
  client.destroy();
  return response;
}

async function get(target: Target, path: string, host: string, more = ''): Promise<RawResponse> {
  return ask(target, `GET ${path} HTTP/1.1\r\nHost: ${host}${more}`);
}

await t.test('a request takes its route; what no route takes is told so with its id', async (t) => {
  const gateway = await startLoneGateway(t, `
routes:
  - { host: a.test, path: /a/*, respond: { body: "the path" } }
  - { host: a.test, path: /a/b, methods: [GET, POST], respond: { status: 201, json: { exact: true }, headers: { X-Own: "1" } } }
  - { host: a.test, path: /empty, respond: { status: 204 } }
  - { host: a.test, path: /moved/*, redirect: "https://b.test{path}{query}" }`);
  t.match(await get(gateway, '/a/c', 'a.test'), { status: 200, text: 'the path' });
  t.match(await get(gateway, '/a/b', 'A.Test:80'), { status: 201, text: '{"exact":true}', headers: { 'x-own': '1', 'content-type': /^application\/json/ } });
  t.match(await get(gateway, '/empty', 'a.test'), { status: 204, headers: { 'content-length': undefined } });
  t.match(await get(gateway, '/moved/x?y=1', 'a.test'), { status: 308, headers: { location: 'https://b.test/moved/x?y=1' } });
  const missing = await get(gateway, '/other', 'a.test');
  t.match(missing, { status: 404, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
  t.match(JSON.parse(missing.text), { code: 'no_route', requestId: missing.headers['x-request-id'] });
  t.equal((await get(gateway, '/a/c', 'b.test')).status, 404);
  t.match(gateway.ended.map(({ routeId, errorCode }) => errorCode || routeId), ['a.test/a/*', 'a.test/a/b', 'a.test/empty', 'a.test/moved/*', 'no_route', 'no_route']);
});

await t.test('a method that no route takes is answered with 405 and the methods that would be', async (t) => {
  const gateway = await startLoneGateway(t, `
routes:
  - { path: /a, methods: [GET, PUT], respond: {} }
  - { path: /a, methods: [DELETE], respond: { status: 204 } }
  - { path: /any, respond: {} }`);
  const refused = await ask(gateway, 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0');
  t.match(refused, { status: 405, headers: { allow: 'DELETE, GET, HEAD, PUT' } });
  t.match(JSON.parse(refused.text), { code: 'method_not_allowed' });
  t.equal((await ask(gateway, 'POST /any HTTP/1.1\r\nHost: a\r\nContent-Length: 0')).status, 200);
  t.equal((await ask(gateway, 'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 0')).status, 404, 'another path is another matter');
});

await t.test('TRACE and CONNECT are for nobody, and OPTIONS * is about the gateway itself', async (t) => {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `routes: [{ path: /a/*, methods: [GET], respond: {} }, { upstream: "${upstream.target}" }]`);
  const all = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
  t.match(await ask(gateway, 'TRACE / HTTP/1.1\r\nHost: a\r\nCookie: secret'), { status: 405, headers: { allow: all } });
  t.match(await ask(gateway, 'CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443'), { status: 405, headers: { allow: all, connection: 'close' } });
  t.match(await ask(gateway, 'OPTIONS * HTTP/1.1\r\nHost: a'), { status: 204, headers: { allow: all } });
  t.equal((await ask(gateway, 'GET * HTTP/1.1\r\nHost: a')).status, 400);
  t.equal(upstream.requests, 0);
  t.match(await ask(gateway, 'OPTIONS / HTTP/1.1\r\nHost: a'), { status: 200 });
  t.equal(upstream.requests, 1, 'OPTIONS of a path is a request like any other');
});

await t.test('plain HTTP goes to HTTPS with 308 for hosts of the configuration, and to nowhere for others', async (t) => {
  const gateway = await startLoneGateway(t, `
routes:
  - { host: a.test, path: /*, respond: {} }
  - { host: "*.b.test", path: /*, respond: {} }
  - { path: /any/*, respond: {} }
  - { path: /both/*, https: both, respond: { body: plain } }`, { https: true });
  const secure = `:${gateway.httpsPort}`;
  t.match(await get(gateway, '/x?y', 'a.test'), { status: 308, headers: { location: 'https://a.test/x?y' }, text: '' });
  t.match(await get(gateway, '/x', 'sub.b.test'), { status: 308, headers: { location: 'https://sub.b.test/x' } });
  t.match(await get(gateway, '/any/', 'a.test'), { status: 308 }, 'a route of every host, on a host of ours');
  const stranger = await get(gateway, '/any/', 'evil.test');
  t.match(stranger, { status: 421, headers: { location: undefined } });
  t.match(JSON.parse(stranger.text), { code: 'misdirected' });
  t.match(await get(gateway, '/both/', 'evil.test'), { status: 200, text: 'plain' });
  t.match(await ask(gateway, 'GET http://a.test/ HTTP/1.1\r\nHost: evil.test'), { status: 400, headers: { location: undefined } });
  t.match(await ask(gateway, 'GET //evil.test/%2e%2e HTTP/1.1\r\nHost: a.test'), { status: 308, headers: { location: /^https:\/\/a\.test\// } });
  const https = await RawClient.connect({ port: gateway.httpsPort, tls: { ca: gateway.ca, servername: 'localhost' } });
  t.equal((await https.write(`GET / HTTP/1.1\r\nHost: a.test${secure}\r\n\r\n`).readResponse()).status, 200);
  https.destroy();
});

await t.test('an upstream is told who the client is, and a client cannot tell it another story', async (t) => {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  const lies = '\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Request-Id: mine';
  const { headers } = JSON.parse((await get(gateway, '/', 'a.test:81', lies)).text) as { headers: Record<string, string> };
  t.match(headers, {
    'host': 'a.test:81', 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.test:81',
    'x-forwarded-port': '81', 'forwarded': 'for=127.0.0.1;host="a.test:81";proto=http', 'via': '1.1 sluice', 'x-request-id': gateway.ended[0]?.id,
  });
  t.not(headers['x-request-id'], 'mine');
});

await t.test('a trusted proxy adds to the story, and an IPv6 client is written as each header wants it', async (t) => {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `
trustedProxies: [127.0.0.0/8]
listen: { http: ["127.0.0.1:0", "[::1]:0"], admin: off }
routes: [{ upstream: "${upstream.target}" }]`);
  const told = '\r\nX-Forwarded-For: 2001:db8::7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.test\r\nX-Forwarded-Port: 443\r\nForwarded: for="[2001:db8::7]"\r\nX-Request-Id: mine';
  const { headers } = JSON.parse((await get(gateway, '/', 'a.test', told)).text) as { headers: Record<string, string> };
  t.match(headers, {
    'x-forwarded-for': '2001:db8::7, 127.0.0.1', 'x-real-ip': '2001:db8::7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.test',
    'x-forwarded-port': '443', 'forwarded': 'for="[2001:db8::7]", for=127.0.0.1;host="a.test";proto=https', 'x-request-id': 'mine',
  });
});

await t.test('too many headers are 431 with a reason', async (t) => {
  const gateway = await startLoneGateway(t, 'listen: { http: "127.0.0.1:0", admin: off, limits: { headers: 10 } }\nroutes: [{ respond: {} }]');
  const refused = await get(gateway, '/', 'a', '\r\nX: 1'.repeat(10));
  t.match([refused.status, (JSON.parse(refused.text) as { code: string }).code], [431, 'headers_too_large']);
  t.equal((await get(gateway, '/', 'a', '\r\nX: 1'.repeat(9))).status, 200);
});

await t.test('over HTTP/2 too many and too large headers are 431 as well, and the connection goes on', async (t) => {
  const listen = 'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, limits: { headers: 10, headerSize: 1KB } }';
  const gateway = await startLoneGateway(t, `${listen}\nroutes: [{ respond: {} }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`x${i}`, '1']));
  for (const headers of [many, { x: 'a'.repeat(1000) }]) {
    const { status, body } = await requestH2(session, { ':path': '/', ...headers });
    t.match([status, (JSON.parse(body.toString()) as { code: string }).code], [431, 'headers_too_large']);
  }
  t.equal((await requestH2(session, { ':path': '/' })).status, 200);
});

await t.test('the shared cells of a configuration are those its generation asks for, each once', async (t) => {
  const config = configOf('upstreams: { a: ["x:1", "y:2"] }\nroutes: [{ name: one, upstream: a }, { name: two, host: b.test, respond: {} }]');
  const names = cellNames(config);
  t.strictSame(names.toSorted(), ['streams one', 'streams two', 'tunnels one', 'tunnels two']);
  const { services, index: cellIndex } = servicesFor(names.filter((name) => name !== 'tunnels one'));
  const roster = literalRoster(config);
  await t.rejects(Generation.build({ number: 1, config, cellIndex, roster }, services), /no shared cell was set aside for tunnels one/);
});

await t.test('an upstream that the roster does not know stops the build', async (t) => {
  const config = configOf('upstreams: { a: "x:1", b: "y:2" }\nroutes: [{ upstream: a }, { path: /b, upstream: b }]');
  const { services, index: cellIndex } = servicesFor(cellNames(config));
  const { b: _left, ...upstreams } = literalRoster(config).upstreams;
  await t.rejects(Generation.build({ number: 1, config, cellIndex, roster: { id: 1, upstreams } }, services), /upstream b is not in the roster/);
});

await t.test('a generation that retires waits for the request in work and for no other', async (t) => {
  const silent = await startHttpUpstream(() => undefined);
  t.teardown(async () => silent.close());
  const config = configOf(`upstreams: { a: "127.0.0.1:${silent.port}" }\nroutes: [{ upstream: a }]`);
  const { services, index: cellIndex } = servicesFor(cellNames(config));
  const roster = literalRoster(config);
  const generation = await Generation.build({ number: 3, config, cellIndex, roster }, services);
  const { exchange } = sampleExchange();
  generation.handle(exchange);
  const seen: string[] = [];
  const retiring = generation.retire().then(() => seen.push('retired'));
  await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(seen, []);
  exchange.onClose(false);
  await retiring;
  t.match([generation.number, exchange.errorCode, exchange.ended], [3, 'client_closed', true]);
  await (await Generation.build({ number: 4, config, cellIndex, roster }, services)).retire();
});

await t.test('a bug in routing is a 500 and a reason in the log, never a crash', async (t) => {
  const config = configOf('routes: [{ respond: {} }]');
  const { services, index: cellIndex } = servicesFor(cellNames(config));
  const roster = literalRoster(config);
  const generation = await Generation.build({ number: 1, config, cellIndex, roster }, services);
  const { exchange, sink } = sampleExchange();
  t.intercept(RouteTable.prototype, 'find', { value: () => { throw new TypeError('a bug'); } });
  generation.handle(exchange);
  t.match([sink.status, exchange.errorCode, exchange.errorDetail], [500, 'internal_error', /a bug/]);
});

function servicesFor(names: readonly string[]): { services: GenerationServices; index: Readonly<Record<string, number>> } {
  const lent = policyServices();
  const cells = new SharedCells(createSharedCells(1, 100), 1);
  const index = new CellNames(100, (column) => cells.clearColumn(column)).take(names);
  const tunnelHost = { add: () => undefined, remove: () => undefined };
  const slots = new Slots(someSlotMemory(), 1);
  const pools = new PoolRegistry(lent.deadlines);
  return { index, services: { ...lent, cells, slots, secret: Buffer.alloc(32), pools, tunnelHost, isDraining: () => false, isCertified: () => false } };
}
