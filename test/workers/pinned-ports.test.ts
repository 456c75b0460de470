import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import type { ListenConfig } from '../../src/config/config.ts';
import { Ports } from '../../src/listen/ports.ts';
import { NO_SOCKETS } from '../../src/listen/ports.ts';
import { PinnedPorts } from '../../src/workers/pinned-ports.ts';
import { configOf } from '../helpers/config-text.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';

function listenOf(text: string): ListenConfig {
  return configOf(`listen: ${text}`).listen;
}

function numbers({ http, https }: ListenConfig): number[] {
  return [...http, ...https].map(({ port }) => port);
}

await t.test('every port 0 becomes a port of its own that is free, and stays the same from then on', async (t) => {
  const pinned = new PinnedPorts();
  const given = await refusingPort();
  const listen = listenOf(`{ http: ["127.0.0.1:0", 0, "127.0.0.1:0", ${given}], https: "[::1]:0" }`);
  const first = await pinned.apply(listen);
  t.match(first.http.map(({ host }) => host), ['127.0.0.1', '::', '127.0.0.1', '::']);
  t.equal(first.http[3]?.port, given, 'a number is left alone');
  t.equal(new Set(numbers(first)).size, 5);
  t.ok(numbers(first).every((port) => port > 0));
  t.strictSame(await pinned.apply(listen), first);
  for (const { host, port } of [...first.http.slice(0, 3), ...first.https]) {
    const server = net.createServer().listen(port, host);
    await once(server, 'listening');
    t.strictSame(await pinned.apply(listen), first, 'also while it is in use');
    server.close();
  }
});

await t.test('a line that is added later gets a port, the others keep theirs', async (t) => {
  const pinned = new PinnedPorts();
  const [before = 0] = numbers(await pinned.apply(listenOf('{ http: "127.0.0.1:0" }')));
  const after = await pinned.apply(listenOf('{ http: "127.0.0.1:0", https: "127.0.0.1:0" }'));
  t.equal(after.http[0]?.port, before);
  t.not(after.https[0]?.port, 0);
  t.not(after.https[0]?.port, before);
  t.strictSame(numbers(await pinned.apply(listenOf('{ http: "127.0.0.1:0" }'))), [before]);
});

await t.test('an address that is not of this machine is refused in words', async (t) => {
  const pinned = new PinnedPorts();
  await t.rejects(pinned.apply(listenOf('{ http: ["127.0.0.1:0", "192.0.2.1:0"] }')), { name: 'PortError', message: 'http port 192.0.2.1:0: this machine has no such address' });
});

await t.test('threat: a port that another program would share with us is refused, unless it is ours', async (t) => {
  const other = net.createServer();
  t.teardown(() => other.close());
  other.listen({ host: '127.0.0.1', port: 0, reusePort: true });
  await once(other, 'listening');
  const { port } = other.address() as net.AddressInfo;
  const pinned = new PinnedPorts();
  const listen = listenOf(`{ http: "127.0.0.1:${port}", https: "127.0.0.1:0" }`);
  await t.rejects(pinned.apply(listen), { name: 'PortError', message: `http port 127.0.0.1:${port} is in use by another program` });
  t.match(await pinned.apply(listen, [{ host: '::', port }]), { http: [{ port }] });
});

await t.test('a port that another program has stops the start, also where workers would share it; reusePort shares it on purpose', async (t) => {
  const other = net.createServer().listen({ port: 0, host: '127.0.0.1', reusePort: true });
  t.teardown(() => other.close());
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await t.rejects(new PinnedPorts().apply(listenOf(`{ http: "127.0.0.1:${port}" }`)), /is in use by another program/);
  const shared = listenOf(`{ http: "127.0.0.1:${port}", reusePort: true }`);
  t.strictSame(numbers(await new PinnedPorts().apply(shared)), [port]);
  const ports = new Ports({ accept: (socket) => void socket.end(), reusePort: false, share: NO_SOCKETS, onShut: () => undefined });
  await ports.open(shared);
  t.equal(ports.list.length, 1);
  ports.closeAll();
});
