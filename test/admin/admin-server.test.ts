import net from 'node:net';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { AdminListenError, createAdminServer } from '../../src/admin/admin-server.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { MemoryLogger, SampleServices } from './sample-services.ts';

async function start(t: Test) {
  const services = new SampleServices();
  const logger = new MemoryLogger();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger, token: null });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.address.port}`;
  const reload = (): Promise<Response> => fetch(`${url}/reload`, { method: 'POST', headers: { 'content-type': 'application/json' } });
  return { services, logger, server, url, reload };
}

await t.test('health tells the status; liveness and readiness answer probes', async (t) => {
  const { services, url, logger, server } = await start(t);
  const health = await fetch(`${url}/health`);
  t.equal(health.headers.get('cache-control'), 'no-store');
  t.match(await health.json(), { status: 'ready', generation: 4, routes: 1, upstreams: [{ name: 'app', targets: 1, available: 1 }], certificates: { total: 1 } });
  t.strictSame(await (await fetch(`${url}/liveness`)).json(), { status: 'alive' });
  t.equal((await fetch(`${url}/readiness`)).status, 200);
  services.isReady = false;
  t.equal((await fetch(`${url}/readiness`)).status, 503);
  t.equal((await fetch(`${url}/liveness`)).status, 200, 'a gateway that drains is alive');
  t.match(logger.entries, [{ level: 'info', fields: { address: `127.0.0.1:${server.address.port}` } }]);
});

await t.test('reload says what came of it', async (t) => {
  const { services, reload } = await start(t);
  const done = await reload();
  t.equal(done.status, 200);
  t.strictSame(await done.json(), { generation: 5, ms: 12, guardMs: 0, warnings: [] });
  services.result = { ok: false, reason: 'invalid', error: '1 error in gateway.yaml', diagnostics: ['gateway.yaml:3:5 unknown key'] };
  const invalid = await reload();
  t.equal(invalid.status, 422);
  t.match(invalid.headers.get('content-type'), 'application/problem+json');
  t.match(await invalid.json(), { status: 422, error: '1 error in gateway.yaml', diagnostics: ['gateway.yaml:3:5 unknown key'] });
  services.result = { ok: false, reason: 'conflict', error: 'a reload is running', diagnostics: [] };
  t.equal((await reload()).status, 409);
  t.equal(services.reloads, 3);
});

await t.test('a bug in a service is a 500 without its cause, which is in the log', async (t) => {
  const { services, logger, reload } = await start(t);
  services.result = new Error('hunter2');
  const response = await reload();
  t.equal(response.status, 500);
  t.match(response.headers.get('content-type'), 'application/problem+json');
  t.notMatch(await response.text(), /hunter2/);
  t.match(logger.entries.at(-1), { level: 'error', fields: { error: { message: 'hunter2' } } });
});

await t.test('every refusal is a problem that says what would be right', async (t) => {
  const { services, url } = await start(t);
  const cases: readonly (readonly [path: string, init: RequestInit, status: number, detail: RegExp])[] = [
    ['/nothing', {}, 404, /\/health/],
    ['/reload', {}, 405, /takes POST/],
    ['/health', { method: 'DELETE' }, 405, /takes GET/],
    ['/reload', { method: 'POST', body: 'a=b' }, 415, /application\/json/],
    ['/health', { headers: { origin: 'https://evil.example' } }, 403, /origin/],
    ['/reload', { method: 'POST', body: 'x'.repeat(20_000), headers: { 'content-type': 'application/json' } }, 413, /not valid/],
  ];
  for (const [path, init, status, detail] of cases) {
    const response = await fetch(url + path, init);
    t.equal(response.status, status, `${init.method ?? 'GET'} ${path}`);
    t.match(response.headers.get('content-type'), 'application/problem+json');
    t.match(await response.json(), { status, detail });
    t.equal(response.headers.get('allow') !== null, status === 405);
  }
  t.equal(services.reloads, 0);
});

await t.test('threat: a rebound name gets nothing, on a real socket', async (t) => {
  const { server } = await start(t);
  for (const host of ['evil.example', '']) {
    const client = await RawClient.connect({ port: server.address.port });
    t.teardown(() => client.destroy());
    client.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    t.equal((await client.readResponse()).status, 403);
  }
});

await t.test('threat: an address others can reach needs a token, and one that cannot be guessed', async (t) => {
  const options = { address: { host: '0.0.0.0', port: 0 }, services: new SampleServices(), logger: new MemoryLogger() };
  await t.rejects(createAdminServer({ ...options, token: null }), { name: 'AdminListenError', message: /SLUICE_ADMIN_TOKEN.*loopback/ });
  await t.rejects(createAdminServer({ ...options, token: 'short' }), { message: /too short: at least 16/ });
  const server = await createAdminServer({ ...options, token: '0123456789abcdef' });
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${server.address.port}/health`;
  const without = await fetch(url);
  t.equal(without.status, 401);
  t.match(without.headers.get('www-authenticate'), /^Bearer/);
  t.equal((await fetch(url, { headers: { authorization: 'Bearer 0123456789abcdef' } })).status, 200);
});

await t.test('a port in use is a clear error', async (t) => {
  const other = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  const options = { services: new SampleServices(), logger: new MemoryLogger(), token: null };
  const attempt = createAdminServer({ ...options, address: { host: '127.0.0.1', port } });
  await t.rejects(attempt, new AdminListenError(`The admin address 127.0.0.1:${port} is in use, maybe by another Sluice. Stop that one, or give listen.admin a free port.`));
  await t.rejects(createAdminServer({ ...options, token: '0123456789abcdef', address: { host: '192.0.2.1', port: 9090 } }), { message: /does not belong to this machine/ });
});

await t.test('threat: as many silent connections as there may be keep no request out', async (t) => {
  const { server, url } = await start(t);
  const silent = await Promise.all(Array.from({ length: 64 }, async () => RawClient.connect({ port: server.address.port })));
  t.teardown(() => silent.map((client) => client.destroy()));
  t.equal((await fetch(`${url}/health`)).status, 200);
});

await t.test('close ends connections that are open', async (t) => {
  const { server } = await start(t);
  const client = await RawClient.connect({ port: server.address.port });
  client.write('GET /liveness HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.readResponse();
  await server.close();
  await client.closed;
  await t.rejects(fetch(`http://127.0.0.1:${server.address.port}/liveness`));
});
