import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { askSame, getConfig, getWorkerCount } from '../../src/admin/config-client.ts';
import { startConfigServer } from '../cli/config-server.ts';
import { portOf } from '../helpers/handshake.ts';

await t.test('the configuration in force comes value by value, with its defaults', async (t) => {
  const { address } = await startConfigServer(t, 'routes: [{ respond: { body: x } }]');
  const values = await getConfig(address);
  t.match(values.find(({ path }) => path === 'routes["/*"].respond.body'), { value: 'x', from: /:1$/ });
  t.match(values.find(({ path }) => path === 'listen.limits.headers'), { from: 'default' });
  t.equal(await getWorkerCount(address), 1);
});

await t.test('many secrets are asked for in several questions, and none is sent', async (t) => {
  const routes = Array.from({ length: 150 }, (_, i) => `{ path: /p${i}, respond: { body: "s3cret-${i}" } }`).join(', ');
  const { address, bodies } = await startConfigServer(t, `routes: [${routes}]`);
  const asked = Array.from({ length: 150 }, (_, i) => ({ path: `routes["/p${i}"].respond.body`, read: i % 2 === 0 ? `s3cret-${i}` : 'another' }));
  const same = await askSame(address, asked);
  t.strictSame([same?.size, same?.has('routes["/p0"].respond.body'), same?.has('routes["/p1"].respond.body')], [75, true, false]);
  t.ok(bodies.length >= 3 && bodies.every((body) => !body.includes('s3cret') && body.length < 16_384));
  t.equal(new Set(bodies.map((body) => (JSON.parse(body) as { salt: string }).salt)).size, bodies.length, 'each with a salt of its own');
});

await t.test('before the first configuration is in force there is nothing to compare with', async (t) => {
  const server = createServer((_request, response) => response.end('{"generation":0,"values":[],"truncated":false}')).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  await t.rejects(getConfig({ host: '127.0.0.1', port: portOf(server) }), { name: 'AdminClientError', message: /has no configuration in force yet/ });
});

await t.test('who is too old to compare, or no Sluice, is told apart', async (t) => {
  const { address } = await startConfigServer(t, '', {}, false);
  t.equal(await askSame(address, [{ path: 'a', read: 1 }]), null);
  for (const body of ['<html>', '{}', '{"values":[1]}', '{"values":[{"path":"a","from":"b","value":{}}]}', '{"values":[],"truncated":true}']) {
    const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
    t.teardown(() => server.close());
    await once(server, 'listening');
    await t.rejects(getConfig({ host: '127.0.0.1', port: portOf(server) }), { message: /is not the admin server of Sluice/ }, body);
    await t.rejects(getWorkerCount({ host: '127.0.0.1', port: portOf(server) }), { message: /is not the admin server of Sluice/ });
  }
});
