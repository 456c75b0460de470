import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { DetachedResponse } from '../../src/listen/detached-response.ts';
import { readLongBody, writeLongBody } from '../helpers/long-body.ts';
import { RawClient } from '../helpers/raw-client.ts';

const MEBIBYTE = 1024 * 1024;

/** A client that has asked for an upgrade, the answer it waits for, and the socket that Node has let go of. */
async function upgrade(t: Pick<Test, 'teardown'>): Promise<{ client: RawClient; response: DetachedResponse; socket: Socket }> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = await RawClient.connect({ port: (server.address() as AddressInfo).port });
  t.teardown(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  const [request, socket] = await once(server, 'upgrade') as [http.IncomingMessage, Socket];
  return { client, response: new DetachedResponse(request, socket), socket };
}

await t.test('a refusal is an answer with Connection: close, and the connection ends behind it', async (t) => {
  const { client, response } = await upgrade(t);
  response.writeHead(403, ['Content-Length', '2']).end('no');
  const { status, headers, text } = await client.readResponse();
  t.strictSame([status, headers['connection'], text], [403, 'close', 'no']);
  t.equal(await client.readToEnd(), '');
});

await t.test('a refusal may be long: it says when the socket takes more', async (t) => {
  const { client, response } = await upgrade(t);
  client.socket.removeAllListeners('data');
  response.writeHead(200, ['Content-Length', String(8 * MEBIBYTE)]).flushHeaders();
  const [head] = await once(client.socket, 'data') as [Buffer];
  t.ok(head.toString().endsWith('\r\n\r\n'), 'the head came alone');
  const [received] = await Promise.all([readLongBody(client.socket), writeLongBody(response, 8 * MEBIBYTE)]);
  t.equal(received, 8 * MEBIBYTE);
});

await t.test('a client that leaves before the answer closes it', async (t) => {
  for (const leave of ['end', 'destroy'] as const) {
    const { client, response } = await upgrade(t);
    client[leave]();
    await once(response, 'close');
    t.equal(response.writableFinished, false, leave);
  }
});

await t.test('whoever takes the socket gets what came early, in order, and the ends of both sides', async (t) => {
  const { client, response, socket } = await upgrade(t);
  client.write('early ');
  await once(socket, 'readable');
  response.detachSocket(socket);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  client.write('and late').end();
  await once(socket, 'end');
  t.equal(Buffer.concat(received).toString(), 'early and late');
  socket.end('bye');
  t.equal(await client.readToEnd(), 'bye', 'the end of the client was not taken for its leaving');
});

await t.test('a tunnel that has taken the socket does not keep the answer in memory', async (t) => {
  const { response, socket } = await upgrade(t);
  const before = new Set([...socket.rawListeners('error'), ...socket.rawListeners('close')]);
  response.detachSocket(socket);
  const left = socket.rawListeners('close').filter((listener) => before.has(listener)).length;
  const fresh = new DetachedResponse(response.req, socket);
  t.equal(socket.rawListeners('close').length, left + 2, 'what closes an answer is there while it has the socket');
  fresh.detachSocket(socket);
  t.equal(socket.rawListeners('close').length, left);
  t.notOk(response.destroyed);
  socket.emit('error', new Error('reset'));
  t.ok(socket.destroyed, 'an error that nobody else hears still ends the socket');
  await once(socket, 'close');
  t.notOk(response.destroyed || fresh.destroyed, 'its end is not theirs');
});
