import t from 'tap';
import { MetricsHub } from '../../src/observe/metrics/metrics-hub.ts';
import { requestH2, connectH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';
import { flat } from '../observe/metrics/sample-measured.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

await t.test('a connection above the limit is closed before a byte of it is read, and makes no request', async (t) => {
  const { port, exchanges, connections, logger, metrics } = await startDoor(t, { listen: 'limits: { connections: 2 }' });
  const [first, second] = [await RawClient.connect({ port }), await RawClient.connect({ port })];
  await eventually(() => connections() === 2);
  const third = await RawClient.connect({ port });
  third.write(GET);
  await third.closed;
  t.equal(third.received.length, 0);
  t.match(logger.entries.at(-1), { level: 'debug', message: 'connection refused', fields: { reason: 'too many connections', client: '127.0.0.1' } });
  const hub = new MetricsHub();
  hub.apply({}, metrics.snapshot());
  t.match(flat(hub.totals), { sluice_connections_refused_total: [1] });
  t.equal((await first.write(GET).readResponse()).status, 200);
  second.destroy();
  await eventually(() => connections() === 1);
  const fourth = await RawClient.connect({ port });
  t.equal((await fourth.write(GET).readResponse()).status, 200);
  t.equal(exchanges.length, 2);
  for (const client of [first, fourth]) client.destroy();
  await eventually(() => connections() === 0);
});

await t.test('a flood of connections from one address ends at its limit, and every one is counted back', async (t) => {
  const { port, connections } = await startDoor(t, { listen: 'limits: { connectionsPerAddress: 20 }' });
  const clients = await Promise.all(Array.from({ length: 100 }, async () => RawClient.connect({ port })));
  let closed = 0;
  for (const client of clients) void client.closed.then(() => closed++);
  await eventually(() => closed === 80);
  t.equal(connections(), 20);
  for (const client of clients) client.destroy();
  await eventually(() => connections() === 0);
});

await t.test('a connection to an HTTPS port whose certificates are still to come is closed, not left hanging', async (t) => {
  const { port, connections } = await startDoor(t, { secure: true, certificates: false });
  const client = await RawClient.connect({ port });
  await client.closed;
  await eventually(() => connections() === 0);
});

await t.test('HTTP/1.1, TLS and HTTP/2 connections all count, and all are seen to end', async (t) => {
  const plain = await startDoor(t);
  const secure = await startDoor(t, { secure: true });
  const one = await RawClient.connect({ port: plain.port });
  t.equal((await one.write(GET).readResponse()).status, 200);
  const two = await RawClient.connect({ port: secure.port, tls: { ca: secure.ca, servername: 'localhost' } });
  t.equal((await two.write(GET).readResponse()).status, 200);
  const three = await connectH2(t, secure.port, secure.ca);
  t.equal((await requestH2(three, { ':path': '/' })).status, 200);
  t.strictSame([plain.connections(), secure.connections()], [1, 2]);
  t.strictSame([plain.door.isEmpty, secure.door.isEmpty], [false, false]);
  one.destroy();
  two.destroy();
  three.destroy();
  await eventually(() => plain.door.isEmpty && secure.door.isEmpty);
  await eventually(() => plain.connections() + secure.connections() === 0);
});

await t.test('closing ends plain connections at once', async (t) => {
  const { port, door, exchanges } = await startDoor(t, { handle: () => undefined });
  const [idle, busy] = [await RawClient.connect({ port }), await RawClient.connect({ port })];
  busy.write(GET);
  await eventually(() => exchanges.length === 1);
  door.close();
  await Promise.all([idle.closed, busy.closed]);
  await eventually(() => exchanges[0]?.ended === true && door.isEmpty);
});
