import { once } from 'node:events';
import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';

const MIB = 1024 * 1024;

await t.test('a client that is still sending gets the whole answer, and then the end', async (t) => {
  const gateway = await startGateway(t, 'routes: [{ respond: { status: 413, body: "too much" } }]', { https: true });
  for (const port of [gateway.httpPort, gateway.httpsPort]) {
    const tls = port === gateway.httpsPort ? { tls: { ca: gateway.ca, servername: 'localhost' } } : {};
    for (let i = 0; i < 10; i += 1) {
      const client = await RawClient.connect({ port, ...tls });
      client.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
      // More than the socket buffers of both ends hold, so that bytes are on their way when the answer is written.
      for (let sent = 0; sent < 16; sent += 1) client.write(Buffer.alloc(MIB));
      const answer = await client.readResponse();
      t.match(answer, { status: port === gateway.httpPort ? 308 : 413 }, `${i}: the answer arrived`);
      client.end();
      await client.closed;
      t.equal(client.error, null, 'no reset');
    }
  }
});

await t.test('a client that neither sends nor leaves after its answer is closed', async (t) => {
  const gateway = await startGateway(t, 'routes: [{ respond: { status: 413, body: "too much" } }]');
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MIB}\r\n\r\n`);
  t.equal((await client.readResponse()).status, 413);
  // Half-open: our direction stays, and the other end must not wait for it.
  if (!client.socket.destroyed) await once(client.socket, 'close');
  await client.closed;
});
