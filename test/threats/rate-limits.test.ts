import http from 'node:http';
import t, { type Test } from 'tap';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Asked {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
}

/** One request on a connection of its own, so that the kernel deals them out to the workers. */
async function ask(port: number, headers: http.OutgoingHttpHeaders = {}, path = '/'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    }).on('error', reject);
  });
}

async function passed(count: number, once: (i: number) => Promise<Asked>): Promise<number> {
  const answers = await Promise.all(Array.from({ length: count }, async (_, i) => once(i)));
  return answers.filter(({ status }) => status === 200).length;
}

/** Behind a proxy on the loopback address, which says whom it speaks for. */
async function startBehindProxy(t: Test, rateLimit: string, more = '', clock = new ManualClock()): Promise<LoneGateway> {
  return startLoneGateway(t, `trustedProxies: [127.0.0.1]\n${more}routes: [{ respond: {}, rateLimit: ${rateLimit} }]`, { clock });
}

function from(address: string): http.OutgoingHttpHeaders {
  return { 'x-forwarded-for': address };
}

async function startWorkers(t: Test, routes: string): Promise<TestGateway> {
  return startGateway(t, `workers: 2\n${routes}`);
}

await t.test('threat: 200 requests at the same time over two workers get no more than 10/min lets through', async (t) => {
  const gateway = await startWorkers(t, 'routes: [{ respond: {}, rateLimit: 10/min }]');
  t.equal(await passed(200, async () => ask(gateway.httpPort)), 10);
});

await t.test('threat: a reload gives nobody a new count', async (t) => {
  const gateway = await startWorkers(t, 'routes: [{ respond: {}, rateLimit: 10/hour }]');
  t.equal(await passed(6, async () => ask(gateway.httpPort)), 6);
  gateway.write('workers: 2\nroutes: [{ respond: { body: new }, rateLimit: 10/hour }]');
  t.match(await gateway.plane.reload(), { ok: true });
  t.equal(await passed(3, async () => ask(gateway.httpPort)), 3);
  t.equal(await passed(20, async () => ask(gateway.httpPort)), 1);
  gateway.write('workers: 2\nroutes: [{ respond: { body: new }, rateLimit: 11/hour }]');
  t.match(await gateway.plane.reload(), { ok: true });
  t.equal(await passed(20, async () => ask(gateway.httpPort)), 11, 'another limit is another count');
});

await t.test('threat: whoever holds an IPv6 network has one count for all its addresses', async (t) => {
  const { port } = await startBehindProxy(t, '10/min');
  t.equal(await passed(50, async (i) => ask(port, from(`2001:db8:1:2:${i.toString(16)}::1`))), 10);
  t.equal(await passed(5, async () => ask(port, from('2001:db8:1:3::1'))), 5, 'the network beside it is somebody else');
  t.equal(await passed(20, async (i) => ask(port, from(i % 2 === 0 ? '192.0.2.1' : '::ffff:192.0.2.1'))), 10, 'IPv4 written as IPv6 is the same address');
});

await t.test('threat: a client that nobody trusts cannot name another address for itself', async (t) => {
  const { port } = await startLoneGateway(t, 'routes: [{ respond: {}, rateLimit: 5/min }]', { clock: new ManualClock() });
  t.equal(await passed(30, async (i) => ask(port, { ...from(`198.51.100.${i}`), 'x-real-ip': `198.51.100.${i}`, forwarded: `for=198.51.100.${i}` })), 5);
});

await t.test('threat: what a client itself wrote in front of what the proxy added does not count', async (t) => {
  const { port } = await startBehindProxy(t, '5/min');
  t.equal(await passed(30, async (i) => ask(port, from(`198.51.100.${i}, 192.0.2.9`))), 5);
});

await t.test('threat: a flood of new clients makes the gateway forget none that has used up its limit', async (t) => {
  const { port } = await startBehindProxy(t, '3/hour', 'rateLimits: { keys: 1024 }\n');
  t.equal(await passed(10, async () => ask(port, from('192.0.2.1'))), 3);
  for (let round = 0; round < 12; round += 1) await passed(200, async (i) => ask(port, from(`10.${round}.${i}.1`)));
  t.equal(await passed(10, async () => ask(port, from('192.0.2.1'))), 0);
});

await t.test('threat: a request that the hour refuses does not use up the minute', async (t) => {
  const clock = new ManualClock();
  const { port } = await startBehindProxy(t, '{ limits: [5/min, 7/hour], also: [{ limits: 100/hour, key: route }] }', '', clock);
  t.equal(await passed(20, async () => ask(port, from('192.0.2.1'))), 5);
  clock.advance(60_000);
  t.equal(await passed(20, async () => ask(port, from('192.0.2.1'))), 2, 'the hour has two left');
  clock.advance(3_600_000 / 7);
  t.equal((await ask(port, from('192.0.2.1'))).headers['ratelimit'], '"7/hour";r=0;t=455, "100/hour";r=99;t=36', 'the refused ones were counted nowhere');
});

await t.test('threat: a wall clock that jumps neither locks anybody out nor lets anybody in', async (t) => {
  const clock = new ManualClock();
  const { port } = await startBehindProxy(t, '5/hour', '', clock);
  t.equal(await passed(20, async () => ask(port, from('192.0.2.1'))), 5);
  clock.jumpWallClock(86_400_000);
  t.equal(await passed(20, async () => ask(port, from('192.0.2.1'))), 0);
  clock.jumpWallClock(-10 * 86_400_000);
  clock.advance(720_000);
  t.equal(await passed(20, async () => ask(port, from('192.0.2.1'))), 1);
});

await t.test('threat: a key of any length costs no more memory than another, and another case of a header name is the same header', async (t) => {
  const { port } = await startBehindProxy(t, '{ limits: 3/hour, key: header:X-Tenant }');
  const long = 'x'.repeat(6000);
  t.equal(await passed(10, async (i) => ask(port, { [i % 2 === 0 ? 'X-Tenant' : 'x-tenant']: long })), 3);
  t.equal(await passed(10, async () => ask(port, { 'X-Tenant': `${long}y` })), 3);
});

await t.test('threat: clients that leave while they wait leave nothing behind', async (t) => {
  const clock = new ManualClock();
  const gateway = await startLoneGateway(t, 'routes: [{ respond: {}, rateLimit: { limits: 1/s, burst: 200, mode: delay, queue: 10 } }]', { clock });
  t.equal((await ask(gateway.port)).status, 200);
  const tickers = clock.tickers;
  for (let round = 0; round < 5; round += 1) {
    const requests = Array.from({ length: 10 }, () => http.get({ host: '127.0.0.1', port: gateway.port, agent: false }).on('error', () => undefined));
    await eventually(() => clock.tickers === tickers + 10);
    for (const request of requests) request.destroy();
    await eventually(() => clock.tickers === tickers);
  }
  const turn = ask(gateway.port);
  await eventually(() => clock.tickers === tickers + 1);
  clock.advance(60_000);
  t.equal((await turn).status, 200, 'and the room is empty');
});
