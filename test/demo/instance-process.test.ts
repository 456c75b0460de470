import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import { InstanceError, startInstance } from '../../src/demo/instance-process.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { RawClient } from '../helpers/raw-client.ts';

await t.test('an instance is a process of its own that ends when told to, with streams open', async (t) => {
  const instance = await startInstance('demo-1', 0, systemClock);
  t.not(instance.pid, process.pid);
  const info = (await (await fetch(`http://127.0.0.1:${instance.port}/api/info`)).json()) as { pid: number };
  t.equal(info.pid, instance.pid);
  const client = await RawClient.connect({ port: instance.port });
  client.write('GET /events HTTP/1.1\r\nHost: demo\r\n\r\n');
  await client.readUntil('event: tick');
  await instance.stop();
  await client.closed;
  await instance.ended;
  await instance.stop();
});

await t.test('a port in use is a clear error', async (t) => {
  const other = net.createServer().listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  await t.rejects(startInstance('demo-2', port, systemClock), new InstanceError(`demo-2 cannot start: port ${port} is in use`));
});
