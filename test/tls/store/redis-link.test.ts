import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import type { RedisAddress } from '../../../src/lib/redis/redis-address.ts';
import { RedisLink } from '../../../src/tls/store/redis-link.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { freePort } from '../../helpers/worker-plan.ts';
import { StoreLogger } from './conformance.ts';

async function openLink(t: Test, address: Partial<RedisAddress> & { port: number }): Promise<{ link: RedisLink; logger: StoreLogger }> {
  const logger = new StoreLogger();
  const plain = { host: '127.0.0.1', username: null, password: null, database: 0, tls: false };
  const link = await RedisLink.open({ ...plain, ...address }, { clock: new ManualClock(), logger });
  t.teardown(() => link.close());
  return { link, logger };
}

const ping = async (link: RedisLink): Promise<string> => link.run(async (client) => client.ping());

await t.test('a link to nobody is open all the same; it says why it cannot, once, and never how the password goes', async (t) => {
  const port = await freePort();
  const { link, logger } = await openLink(t, { port, password: 'hunter2' });
  t.equal(link.name, `redis at 127.0.0.1:${port}`);
  await t.rejects(ping(link), { name: 'StoreError', message: `redis at 127.0.0.1:${port} refuses the connection; is it running?`, cause: undefined });
  const refused = net.createServer((socket) => socket.destroy());
  let attempts = 0;
  refused.on('connection', () => { attempts++; });
  refused.listen(port, '127.0.0.1');
  t.teardown(() => refused.close());
  await eventually(() => attempts >= 3, 5000);
  t.ok(logger.lines.length <= 2, 'one line for each reason');
  t.notMatch(logger.lines.join('\n'), /hunter2/);
});

await t.test('names show IPv6 addresses as URLs do', async (t) => {
  const port = await freePort();
  const { link } = await openLink(t, { host: '::1', port });
  t.equal(link.name, `redis at [::1]:${port}`);
});

await t.test('a Redis that falls silent fails a command after its deadline, and is used again when it wakes', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const { link } = await openLink(t, { port: server.port });
  t.equal(await ping(link), 'PONG');
  server.freeze();
  const startMs = performance.now();
  await t.rejects(ping(link), { name: 'StoreError', message: /did not answer in time|is not connected|cannot be reached in time/ });
  const tookMs = performance.now() - startMs;
  t.ok(tookMs > 4000 && tookMs < 7000, `${tookMs} ms`);
  server.wake();
  t.equal(await eventually(async () => ping(link), 8000), 'PONG');
});

await t.test('a password and a database number are used; a wrong one is told in words', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program, { requirepass: 'hunter2' });
  const { link } = await openLink(t, { port: server.port, password: 'hunter2', database: 3 });
  await link.run(async (client) => client.set('x', '1'));
  const { link: main } = await openLink(t, { port: server.port, username: 'default', password: 'hunter2' });
  t.equal(await main.run(async (client) => client.get('x')), null);

  const cases: readonly (readonly [address: Partial<RedisAddress>, message: RegExp])[] = [
    [{}, /asks for a password; write it into the URL/],
    [{ password: 'hunter3' }, /refuses the user or the password/],
    [{ password: 'hunter2', database: 99 }, /has no database of that number/],
  ];
  for (const [address, message] of cases) {
    const { link: wrong, logger } = await openLink(t, { port: server.port, ...address });
    const error: unknown = await ping(wrong).catch((thrown: unknown) => thrown);
    t.match(error, { name: 'StoreError', message });
    t.notMatch(`${String(error)}${logger.lines.join('')}`, /hunter/);
  }
});

await t.test('a subscription hears messages, and anew after an outage', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const { link } = await openLink(t, { port: server.port });
  let told = 0;
  const stop = link.subscribe('channel', () => { told++; });
  await eventually(() => told === 1);
  t.equal(await link.run(async (client) => client.publish('channel', 'x')), 1);
  await eventually(() => told === 2);
  await server.kill();
  await server.start();
  await eventually(() => told === 3, 8000);
  await eventually(async () => (await link.run(async (client) => client.publish('channel', 'x'))) === 1, 8000);
  await eventually(() => told === 4);
  stop();
  await eventually(async () => (await link.run(async (client) => client.publish('channel', 'x'))) === 0, 8000);
  t.equal(told, 4);
});

await t.test('a user without the right to listen is warned of once, and can do the rest', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const { link: admin } = await openLink(t, { port: server.port });
  await admin.run(async (client) => client.acl('SETUSER', 'limited', 'on', '>secret', '~*', '+@all', 'resetchannels'));
  const { link, logger } = await openLink(t, { port: server.port, username: 'limited', password: 'secret' });
  t.teardown(link.subscribe('channel', () => undefined));
  await eventually(() => logger.lines.length === 1, 5000);
  t.match(logger.lines, [/not heard at once.*does not allow this user what is needed/]);
  t.equal(await ping(link), 'PONG');
});

await t.test('TLS is used where asked for, and only with a certificate that is trusted', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const dir = tempDir(t);
  const ca = await makeCa();
  const { cert, key } = await makePair(ca, ['127.0.0.1']);
  for (const [name, text] of [['ca', ca.cert], ['cert', cert], ['key', key]] as const) writeFileSync(path.join(dir, name), text);
  const tlsPort = await freePort();
  await startRedis(t, program, {
    'tls-port': `${tlsPort}`, 'tls-auth-clients': 'no',
    'tls-ca-cert-file': path.join(dir, 'ca'), 'tls-cert-file': path.join(dir, 'cert'), 'tls-key-file': path.join(dir, 'key'),
  });
  const { link: strange } = await openLink(t, { port: tlsPort, tls: true });
  await t.rejects(ping(strange), { name: 'StoreError', message: /has a certificate that is not trusted; start with NODE_EXTRA_CA_CERTS=FILE/ });
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, ca.cert]);
  t.teardown(() => tls.setDefaultCACertificates(before));
  const { link } = await openLink(t, { port: tlsPort, tls: true });
  t.equal(await ping(link), 'PONG');
});

await t.test('a server that speaks no Redis does not keep anybody waiting or end the process', async (t) => {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { link } = await openLink(t, { port: (server.address() as net.AddressInfo).port });
  await t.rejects(ping(link), { name: 'StoreError' });
});
