import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { serverDescriptor } from '../../src/lib/server-descriptor.ts';

await t.test('a server that listens has a descriptor, and one that does not has none', async (t) => {
  const server = createServer();
  t.equal(serverDescriptor(server), null);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.type(serverDescriptor(server), 'number');
  server.close();
  t.equal(serverDescriptor(server), null);
});
