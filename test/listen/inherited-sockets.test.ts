import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { serverDescriptor } from '../../src/lib/server-descriptor.ts';
import { HANDED_DOWN, inheritedSockets } from '../../src/listen/inherited-sockets.ts';

await t.test('a socket that listens is found with its address; the range is that of the Sluice before', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const descriptor = serverDescriptor(server) ?? -1;
  const bound = server.address();
  t.strictSame(inheritedSockets({ [HANDED_DOWN]: `${descriptor}-${descriptor}` }, 1), [
    { descriptor, address: { host: '127.0.0.1', port: typeof bound === 'object' ? bound?.port : 0 } },
  ]);
});

await t.test('what is not meant for this process is left alone: other variables, and the number of another process', async (t) => {
  for (const env of [{}, { LISTEN_FDS: '2' }, { LISTEN_FDS: '2', LISTEN_PID: '7' }, { LISTEN_FDS: 'x', LISTEN_PID: '8' }, { LISTEN_FDS: '-1', LISTEN_PID: '8' }, { [HANDED_DOWN]: 'x' }, { [HANDED_DOWN]: '9-8' }]) {
    t.strictSame(inheritedSockets(env, 8), [], JSON.stringify(env));
  }
});

await t.test('a descriptor that is no listening TCP socket stops the start with its number', async (t) => {
  t.throws(() => inheritedSockets({ [HANDED_DOWN]: '999-999' }, 8), /File descriptor 999, .* is not a TCP socket that listens/);
  t.throws(() => inheritedSockets({ LISTEN_FDS: '60000', LISTEN_PID: '8' }, 8), { name: 'InheritError' });
});
