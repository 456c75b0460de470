import { once } from 'node:events';
import net from 'node:net';
import t from 'tap';
import type { ListenConfig } from '../../src/config/config.ts';
import { PinnedPorts } from '../../src/workers/pinned-ports.ts';
import { configOf } from '../helpers/config-text.ts';

function listenOf(text: string): ListenConfig {
  return configOf(`listen: ${text}`).listen;
}

function numbers({ http, https }: ListenConfig): number[] {
  return [...http, ...https].map(({ port }) => port);
}

await t.test('every port 0 becomes a port of its own that is free, and stays the same from then on', async (t) => {
  const pinned = new PinnedPorts();
  const listen = listenOf('{ http: ["127.0.0.1:0", 0, "127.0.0.1:0", 8080], https: "[::1]:0" }');
  const first = await pinned.apply(listen);
  t.match(first.http.map(({ host }) => host), ['127.0.0.1', '::', '127.0.0.1', '::']);
  t.equal(first.http[3]?.port, 8080, 'a number is left alone');
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
