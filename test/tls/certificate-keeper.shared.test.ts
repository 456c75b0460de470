import t from 'tap';
import { postRenewal } from '../../src/admin/certificates-client.ts';
import { issued, secureTo, startAcmeGateway, statusOf } from '../helpers/acme-gateway.ts';
import { startPebble } from '../helpers/pebble.ts';
import { startRedis } from '../helpers/redis.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const HOST = 'app.example.com';

// Beside Redis, the local CA is kept in the folder the gateway is started in.
process.chdir(tempDir(t));

await t.test('two gateways on one Redis order one certificate once, and each answers for the other', async (t) => {
  const [program, dns, server] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv'), requireService(t, 'redis-server')];
  if (program === null || dns === null || server === null) return;
  const pebble = await startPebble(t, program, dns);
  const redis = await startRedis(t, server);
  const root = await pebble.root();
  // The CA looks at the ports of the second one only, so what the first one orders is proved by the other.
  const ports = { http: await freePort(), https: await freePort() };
  const first = await startAcmeGateway(t, pebble, { redis: redis.url, ports, hosts: ['first.example.com'] });
  const second = await startAcmeGateway(t, pebble, { redis: redis.url, hosts: ['second.example.com'] });
  await issued(second, 'second.example.com', root);
  const gateways = [first, second];
  for (const gateway of gateways) gateway.serve([HOST]);
  await Promise.all(gateways.map(async ({ plane }) => plane.reload()));
  const serials = await Promise.all(gateways.map(async (gateway) => {
    t.match(await issued(gateway, HOST, root), { source: 'acme', pendingSince: null });
    const socket = await secureTo(gateway.httpsPort, HOST, root);
    const serial = socket.getPeerX509Certificate()?.serialNumber;
    socket.destroy();
    return serial;
  }));
  t.equal(serials[0], serials[1], 'the same certificate');
  const orders = gateways.flatMap(({ messages }) => messages.filter((message) => message.startsWith('a certificate was issued') && message.includes(HOST)));
  t.equal(orders.length, 1);

  // Whoever renews, the other one has it soon.
  const before = statusOf(first, HOST).notAfter;
  t.match(await postRenewal(first.plane.admin?.address ?? { host: '', port: 0 }, HOST), /^20/);
  const renewed = first.plane.tls?.entries[0]?.cert;
  await eventually(() => second.plane.tls?.entries[0]?.cert === renewed, 12_000);
  t.not(before, null);
});

await t.test('a Redis that is gone is a line in the log; what is in use goes on', async (t) => {
  const [program, dns, server] = [requireService(t, 'pebble'), requireService(t, 'pebble-challtestsrv'), requireService(t, 'redis-server')];
  if (program === null || dns === null || server === null) return;
  const pebble = await startPebble(t, program, dns);
  const redis = await startRedis(t, server);
  const root = await pebble.root();
  const gateway = await startAcmeGateway(t, pebble, { redis: redis.url });
  await issued(gateway, HOST, root);
  await redis.kill();
  await t.rejects(postRenewal(gateway.plane.admin?.address ?? { host: '', port: 0 }, HOST), { message: /did not renew it \(502\).*127\.0\.0\.1:\d+/ });
  (await secureTo(gateway.httpsPort, HOST, root)).destroy();
  t.match(statusOf(gateway, HOST), { source: 'acme', lastError: { text: /redis/i, nextAttempt: /^20/ } });
  t.match(await gateway.plane.reload(), { ok: true }, 'a reload is not held up');
  (await secureTo(gateway.httpsPort, HOST, root)).destroy();
});
