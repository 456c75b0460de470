import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import t from 'tap';
import { HELLO_BYTES_MAX, parseClientHello } from '../../src/tls/client-hello.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

/** The first flight of a real client. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options });
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection') as [Socket];
  const [hello] = await once(socket, 'data') as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** The same message in records of `size` bytes (RFC 8446 §5.1). */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

const hello = await helloOf({ servername: 'app.example.com', ALPNProtocols: ['h2', 'http/1.1'] });
const EXPECTED = { serverName: 'app.example.com', protocols: ['h2', 'http/1.1'] };

await t.test('reads name and protocols of what a client sends', async (t) => {
  t.strictSame(parseClientHello(hello), EXPECTED);
  t.strictSame(parseClientHello(await helloOf({ servername: '' })), { serverName: '', protocols: [] });
  t.strictSame(parseClientHello(await helloOf({ servername: 'old.test', maxVersion: 'TLSv1.2' })), { serverName: 'old.test', protocols: [] });
});

await t.test('says how many bytes are missing at least, up to the last one', async (t) => {
  for (let length = 0; length < hello.length; length += 1) {
    const result = parseClientHello(hello.subarray(0, length));
    if (result === null || !('bytesNeeded' in result) || result.bytesNeeded <= length || result.bytesNeeded > hello.length) {
      t.fail(`after ${length} bytes`);
      return;
    }
  }
  t.pass();
});

await t.test('a message cut into several records is put together, one cut into dust is not', async (t) => {
  for (const size of [1000, 500, Math.ceil((hello.length - 5) / 16)]) t.strictSame(parseClientHello(inRecords(hello, size)), EXPECTED, `${size}`);
  t.equal(parseClientHello(inRecords(hello, 1)), null);
});

await t.test('what is no ClientHello is null', async (t) => {
  const other = Buffer.from(hello);
  other[5] = 2;
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(100), other, Buffer.from([22, 3, 1, 0, 0])]) t.equal(parseClientHello(bytes), null);
  const huge = Buffer.from([22, 3, 1, 255, 255, ...Array.from({ length: 100 }, () => 1)]);
  t.equal(parseClientHello(huge), null, `more than ${HELLO_BYTES_MAX} bytes are not waited for`);
});

await t.test('threat: a damaged message never throws and never asks for what it has', async (t) => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 3000; round += 1) {
    const bytes = Buffer.from(hello);
    for (let i = 0; i < 1 + random.integer(8); i += 1) bytes[random.integer(bytes.length)] = random.integer(256);
    const cut = bytes.subarray(0, random.integer(bytes.length + 1));
    const result = parseClientHello(cut);
    if (result !== null && 'bytesNeeded' in result && result.bytesNeeded <= cut.length) t.fail(`round ${round}`);
  }
  t.pass();
});
