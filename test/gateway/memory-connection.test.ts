import { createServer } from 'node:http';
import t from 'tap';
import { MemoryConnection } from '../../src/gateway/memory-connection.ts';

await t.test('a server of HTTP takes it for a connection, and its answer goes nowhere', async (t) => {
  const { promise: answered, resolve } = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    response.on('close', () => resolve(`${request.url ?? ''} ${request.headers.host ?? ''} ${response.writableFinished}`));
    response.end('x'.repeat(1_000_000));
  });
  const connection = new MemoryConnection();
  server.emit('connection', connection);
  const text = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
  connection.say(text);
  t.equal(await answered, '/x a true');
  t.equal(connection.bytesRead, text.length);
  connection.destroy();
});
