import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { peekHello } from '../../src/listen/hello-peek.ts';
import type { ClientHello } from '../../src/tls/client-hello.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Peeked {
  readonly client: Socket;
  readonly server: Socket;
  /** What was found so far; `gone` where the socket closed first. */
  readonly found: (ClientHello | null | 'gone')[];
}

async function peeked(t: Test): Promise<Peeked> {
  const found: (ClientHello | null | 'gone')[] = [];
  const listener = net.createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = net.connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [server] = await once(listener, 'connection') as [Socket];
  t.teardown(() => { client.destroy(); server.destroy(); listener.close(); });
  for (const socket of [client, server]) socket.on('error', () => socket.destroy());
  peekHello(server, (hello) => found.push(hello), () => found.push('gone'));
  return { client, server, found };
}

function u16(n: number): number[] {
  return [n >> 8, n & 255];
}

/** A ClientHello with nothing in it but a server name. */
function helloFor(name: string): Buffer {
  const host = Buffer.from(name);
  const extension = Buffer.concat([Buffer.from([0, 0, ...u16(host.length + 5), ...u16(host.length + 3), 0, ...u16(host.length)]), host]);
  const body = Buffer.concat([Buffer.alloc(34), Buffer.from([0, 0, 2, 0x13, 1, 1, 0, ...u16(extension.length)]), extension]);
  const message = Buffer.concat([Buffer.from([1, 0, ...u16(body.length)]), body]);
  return Buffer.concat([Buffer.from([22, 3, 1, ...u16(message.length)]), message]);
}

await t.test('the first message is understood, and whoever reads next gets every byte', async (t) => {
  const { client, server, found } = await peeked(t);
  const bytes = Buffer.concat([helloFor('a.test'), Buffer.from('early')]);
  for (let at = 0; at < bytes.length; at += 7) {
    client.write(bytes.subarray(at, at + 7));
    await eventually(() => server.bytesRead >= Math.min(at + 7, bytes.length) || found.length > 0);
  }
  await eventually(() => found.length > 0);
  t.strictSame(found, [{ serverName: 'a.test', protocols: [] }]);
  let read = Buffer.alloc(0);
  server.on('data', (chunk: Buffer) => { read = Buffer.concat([read, chunk]); });
  await eventually(() => read.length === bytes.length);
  t.ok(read.equals(bytes));
  client.destroy();
  await once(server, 'close');
  t.equal(found.length, 1, 'what becomes of the connection is no concern of ours any more');
});

await t.test('what is no such message is handed on as well', async (t) => {
  const { client, server, found } = await peeked(t);
  client.write('GET / HTTP/1.1\r\n');
  await eventually(() => found.length > 0);
  t.strictSame(found, [null]);
  t.equal(String(server.read()), 'GET / HTTP/1.1\r\n');
});

await t.test('threat: a message that never ends is not collected without end', async (t) => {
  const { client, found } = await peeked(t);
  client.write(Buffer.concat([Buffer.from([22, 3, 1, 0xff, 0xff]), Buffer.alloc(100)]));
  await eventually(() => found.length > 0);
  t.strictSame(found, [null]);
});

await t.test('a client that leaves before is told of, once', async (t) => {
  const { client, server, found } = await peeked(t);
  client.write(helloFor('a.test').subarray(0, 20));
  await eventually(() => server.bytesRead === 20);
  client.destroy();
  await eventually(() => found.length > 0);
  t.strictSame(found, ['gone']);
});
