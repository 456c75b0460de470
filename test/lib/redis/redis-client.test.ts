import net from 'node:net';
import t, { type Test } from 'tap';
import { parseRedisAddress } from '../../../src/lib/redis/redis-address.ts';
import { createRedisClient, type RedisClient } from '../../../src/lib/redis/redis-client.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { freePort } from '../../helpers/worker-plan.ts';

async function clientOf(t: Test, url: string, commandDeadlineMs: number | null = null): Promise<{ client: RedisClient; errors: string[] }> {
  const client = await createRedisClient(parseRedisAddress(url), { name: 'test', deadlineMs: 300, commandDeadlineMs });
  t.teardown(() => client.disconnect());
  const errors: string[] = [];
  client.on('error', (error) => errors.push(error.message));
  return { client, errors };
}

await t.test('nothing waits for a connection: without one a command fails at once', async (t) => {
  const { client } = await clientOf(t, `redis://127.0.0.1:${await freePort()}`);
  await client.connect().catch(() => undefined);
  const startMs = performance.now();
  await t.rejects(client.get('x'));
  t.ok(performance.now() - startMs < 100);
});

await t.test('a connection on which nothing is answered is given up, and another one is made', async (t) => {
  let connections = 0;
  const silent = net.createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
  });
  t.teardown(() => silent.close());
  await new Promise<void>((resolve) => { silent.listen(0, '127.0.0.1', resolve); });
  const { client } = await clientOf(t, `redis://127.0.0.1:${(silent.address() as net.AddressInfo).port}`);
  client.connect().catch(() => undefined);
  await eventually(() => connections >= 2, 3000);
  client.disconnect();
});

await t.test('a database that is not there is never taken for number 0', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const { client, errors } = await clientOf(t, `${server.url}99`);
  client.connect().catch(() => undefined);
  await eventually(() => errors.length > 0);
  await t.rejects(client.set('x', '1'));
  const { client: other } = await clientOf(t, server.url);
  await other.connect();
  t.equal(await other.get('x'), null);
});

await t.test('a command that is not answered in time has failed', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const { client } = await clientOf(t, server.url, 50);
  await client.connect();
  server.freeze();
  await t.rejects(client.get('x'), { message: 'Command timed out' });
  server.wake();
});
