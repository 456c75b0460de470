import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';
import { startGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const MIB = 1024 * 1024;
/** On both sides of each form that the length of a frame can have. */
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, MIB];

/**
 * Echoes; a text `close CODE REASON` closes, `terminate` cuts, `flood N` sends N messages of 64 KiB. Greets on /greet with
 * a message that leaves in one write with the 101; answers 401 on /private.
 */
const server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 }, handleProtocols: (offered) => [...offered].at(-1) ?? false });
const closes: [code: number, reason: string][] = [];
const pings: string[] = [];
server.on('connection', (socket: WebSocket, request: http.IncomingMessage) => {
  socket.on('message', (data, isBinary) => act(socket, data as Buffer, isBinary));
  socket.on('ping', (data: Buffer) => pings.push(data.toString()));
  socket.on('close', (code, reason) => closes.push([code, reason.toString()]));
  if (request.url !== '/greet') return;
  socket.send('welcome');
  request.socket.uncork();
});

function act(socket: WebSocket, data: Buffer, isBinary: boolean): void {
  const [command, argument, ...rest] = isBinary ? [] : data.toString('utf8', 0, 200).split(' ');
  if (command === 'close') socket.close(Number(argument), rest.join(' '));
  else if (command === 'terminate') socket.terminate();
  else if (command === 'ping') socket.ping(argument);
  else if (command === 'flood') for (let n = 0; n < Number(argument); n++) socket.send(Buffer.alloc(65_536, n));
  else socket.send(data, { binary: isBinary });
}

function upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
  if (request.url === '/private') {
    socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 4\r\n\r\nno!\n');
    return;
  }
  if (request.url === '/greet') socket.cork();
  server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
}

const upstream = await startHttpUpstream((_request, response) => void response.write('an ordinary answer that stalls'), { upgrade });

const CONFIG = `
listen:
  http: 127.0.0.1:0
  https: 127.0.0.1:0
  admin: off
  limits: { connectionsPerAddress: 2000 }
  timeouts: { body: 200ms, send: 200ms, idle: 300ms }
upstreams: { app: "${upstream.target}" }
defaults: { https: both }
routes:
  - { upstream: app }
  - { path: /bounded/*, upstream: app, timeouts: { response: 200ms, idle: 200ms, total: 300ms } }
  - { path: /short/*, upstream: app, timeouts: { tunnel: 300ms } }
  - { path: /two/*, upstream: app, tunnels: 2 }
`;
const gateway = await startGateway(t, CONFIG, { https: true });
t.teardown(async () => upstream.close());

function open(secure: boolean, path: string = '/', options: ClientOptions = {}, protocols: string[] = []): WebSocket {
  const url = secure ? `wss://127.0.0.1:${gateway.httpsPort}${path}` : `ws://127.0.0.1:${gateway.httpPort}${path}`;
  return new WebSocket(url, protocols, { ca: gateway.ca, perMessageDeflate: false, ...options });
}

async function opened(...given: Parameters<typeof open>): Promise<WebSocket> {
  const socket = open(...given);
  await once(socket, 'open');
  return socket;
}

/** Sends one message, in pieces where `pieces` is more than one, and gives what comes back. */
async function echo(socket: WebSocket, data: Buffer, binary: boolean, pieces: number = 1): Promise<readonly [Buffer, boolean]> {
  const answer = once(socket, 'message') as Promise<[Buffer, boolean]>;
  const step = Math.ceil(data.length / pieces);
  for (let piece = 0; piece < pieces; piece++) {
    socket.send(data.subarray(piece * step, (piece + 1) * step), { binary, fin: piece === pieces - 1 });
  }
  return answer;
}

async function closed(socket: WebSocket): Promise<[code: number, reason: string]> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

async function allGone(): Promise<void> {
  await eventually(() => server.clients.size === 0 && upstream.open === 0, 10_000);
}

async function checkMessages(t: Test, socket: WebSocket): Promise<void> {
  for (const size of SIZES) {
    const bytes = randomBytes(size);
    const text = Buffer.from('é'.repeat(size / 2) + 'a'.repeat(size % 2));
    for (const pieces of [1, 3]) {
      const [binary, isBinary] = await echo(socket, bytes, true, pieces);
      t.ok(isBinary && binary.equals(bytes), `${size} bytes in ${pieces}`);
    }
    const [answer, isBinary] = await echo(socket, text, false);
    t.ok(!isBinary && answer.equals(text), `${size} bytes of text`);
  }
}

for (const [name, secure, clients] of [['plain', false, 1000], ['TLS', true, 250]] as const) {
  await t.test(`${clients} WebSockets at once each get their own messages back, ${name}`, async (t) => {
    const sockets = await Promise.all(Array.from({ length: clients }, async () => opened(secure)));
    t.equal(server.clients.size, clients);
    const wrong: number[] = [];
    await Promise.all(sockets.map(async (socket, index) => {
      for (let message = 1; message <= 3; message++) {
        const data = Buffer.from(`${index}:${message} `.repeat(index % 100));
        const [answer, isBinary] = await echo(socket, data, message === 2);
        if (!answer.equals(data) || isBinary !== (message === 2)) wrong.push(index);
      }
    }));
    t.strictSame(wrong, []);
    for (const socket of sockets) socket.close();
    await allGone();
  });

  await t.test(`messages of every size arrive whole, in one frame and in three, ${name}`, async (t) => {
    const socket = await opened(secure);
    await checkMessages(t, socket);
    socket.terminate();
    await allGone();
  });

  await t.test(`compression is agreed between the two ends and works, ${name}`, async (t) => {
    const socket = await opened(secure, '/', { perMessageDeflate: { threshold: 0 } });
    t.match(socket.extensions, /permessage-deflate/);
    await checkMessages(t, socket);
    socket.terminate();
    await allGone();
  });

  await t.test(`close codes and reasons reach the other end, both ways, ${name}`, async (t) => {
    await allGone();
    closes.length = 0;
    for (const [code, reason] of [[1000, ''], [1001, 'bye'], [1011, 'out of order'], [4001, 'grüße']] as const) {
      const fromClient = await opened(secure);
      fromClient.close(code, reason);
      t.strictSame(await closed(fromClient), [code, reason], 'and come back');
      await eventually(() => closes.length === 1);
      t.strictSame(closes.pop(), [code, reason], 'from the client');
      const fromServer = await opened(secure);
      fromServer.send(`close ${code} ${reason}`);
      t.strictSame(await closed(fromServer), [code, reason], 'from the server');
      await eventually(() => closes.length === 1);
      t.strictSame(closes.pop(), [code, reason], 'and come back');
    }
    const silent = await opened(secure);
    silent.close();
    t.strictSame(await closed(silent), [1005, '']);
    await allGone();
    t.strictSame(closes.pop(), [1005, '']);
  });

  await t.test(`an end that is cut off cuts the other off, ${name}`, async (t) => {
    const cutByServer = await opened(secure);
    cutByServer.send('terminate');
    t.equal((await closed(cutByServer))[0], 1006);
    await allGone();
    closes.length = 0;
    const cutByClient = await opened(secure);
    cutByClient.terminate();
    await eventually(() => closes.length === 1);
    t.equal(closes.pop()?.[0], 1006);
    await allGone();
  });

  await t.test(`pings pass both ways and are answered by the other end, ${name}`, async (t) => {
    const socket = await opened(secure);
    const pong = once(socket, 'pong') as Promise<[Buffer]>;
    socket.ping('from the client');
    t.equal((await pong)[0].toString(), 'from the client');
    t.equal(pings.pop(), 'from the client');
    const ping = once(socket, 'ping') as Promise<[Buffer]>;
    socket.send('ping server');
    t.equal((await ping)[0].toString(), 'server');
    socket.terminate();
  });

  await t.test(`a client that stops reading stops the server, and still gets everything, ${name}`, async (t) => {
    const socket = await opened(secure);
    const received: number[] = [];
    socket.on('message', (data: Buffer) => {
      if (data.length === 65_536 && data.every((byte) => byte === data[0])) received.push(data.readUInt8());
    });
    socket.pause();
    socket.send('flood 1000');
    let before = -1;
    let calm = 0;
    await eventually(() => {
      const waiting = [...server.clients][0]?.bufferedAmount ?? 0;
      calm = waiting > 0 && waiting === before ? calm + 1 : 0;
      before = waiting;
      return calm > 20;
    });
    t.ok(before > 32 * MIB, `most of it waits at the server: ${before}`);
    socket.resume();
    await eventually(() => received.length === 1000, 10_000);
    t.strictSame(received, Array.from({ length: 1000 }, (_, n) => n % 256));
    socket.terminate();
    await allGone();
  });

  await t.test(`the subprotocol is the choice of the server among what the client offers, ${name}`, async (t) => {
    const socket = await opened(secure, '/', {}, ['chat.v1', 'chat.v2']);
    t.equal(socket.protocol, 'chat.v2');
    socket.terminate();
  });

  await t.test(`a refusal of the server reaches the client as it is, ${name}`, async (t) => {
    const socket = open(secure, '/private');
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, http.IncomingMessage];
    t.match(response, { statusCode: 401, headers: { 'www-authenticate': 'Bearer' } });
    t.equal((await response.setEncoding('utf8').toArray()).join(''), 'no!\n');
    socket.terminate();
  });

  await t.test(`a message that comes with the 101 is not lost, ${name}`, async (t) => {
    const socket = open(secure, '/greet');
    const [message] = (await once(socket, 'message')) as [Buffer];
    t.equal(message.toString(), 'welcome');
    socket.terminate();
  });

  await t.test(`what bounds ordinary answers and idle connections does not cut a quiet WebSocket, ${name}`, async (t) => {
    const socket = await opened(secure, '/bounded/chat');
    // Ordinary answers that stall measure the time: each is cut by the same route.
    for (let answers = 1; answers <= 2; answers++) {
      const [response] = (await once(http.get({ port: gateway.httpPort, path: '/bounded/stall' }), 'response')) as [http.IncomingMessage];
      await t.rejects(response.toArray());
    }
    t.equal((await echo(socket, Buffer.from('still here'), false))[0].toString(), 'still here');
    socket.terminate();
    await allGone();
  });

  await t.test(`a WebSocket without a byte is cut after its own time-out, ${name}`, async (t) => {
    const socket = await opened(secure, '/short/chat');
    t.equal((await closed(socket))[0], 1006);
    await allGone();
  });

  await t.test(`WebSockets above the limit of a route are refused until one has ended, ${name}`, async (t) => {
    const sockets = [await opened(secure, '/two/chat'), await opened(secure, '/two/chat')];
    const refused = open(secure, '/two/chat');
    refused.on('error', () => undefined);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, http.IncomingMessage];
    t.equal(response.statusCode, 503);
    refused.terminate();
    sockets[0]?.terminate();
    await eventually(() => server.clients.size === 1);
    sockets.push(await opened(secure, '/two/chat'));
    for (const socket of sockets) socket.terminate();
    await allGone();
  });
}

await t.test('a reload leaves WebSockets as they are', async (t) => {
  const sockets = [await opened(false), await opened(true)];
  gateway.write(`${CONFIG}  - { path: /new, respond: { body: new } }\n`);
  t.ok((await gateway.plane.reload()).ok);
  t.equal(await (await fetch(`http://127.0.0.1:${gateway.httpPort}/new`)).text(), 'new', 'the new configuration is in force');
  for (const socket of sockets) {
    t.equal((await echo(socket, Buffer.from('still here'), false))[0].toString(), 'still here');
    socket.terminate();
  }
  await allGone();
});

await t.test('a gateway that stops says 1001 to both ends', async (t) => {
  const { plane, httpPort } = await startGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  const socket = new WebSocket(`ws://127.0.0.1:${httpPort}/`);
  await once(socket, 'open');
  closes.length = 0;
  const [[code]] = await Promise.all([closed(socket), plane.stop()]);
  t.equal(code, 1001);
  await allGone();
  t.equal(closes[0]?.[0], 1001);
});

/** Masked with zeros, which leave the payload as it is. */
function textFrame(text: string): Buffer {
  return Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
}

await t.test('a frame that the client sends before it has seen the 101 is not lost', async (t) => {
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n${textFrame('early').toString('latin1')}`,
  );
  t.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 101 /);
  t.equal(await client.readUntil('early'), '\x81\x05early');
  client.destroy();
});

await t.test('a WebSocket works over HTTP/2 (RFC 8441)', async (t) => {
  const session = http2.connect(`https://127.0.0.1:${gateway.httpsPort}`, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  await once(session, 'remoteSettings');
  t.equal(session.remoteSettings.enableConnectProtocol, true);
  const stream = session.request({
    ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13', 'sec-websocket-protocol': 'chat',
  });
  const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  t.match(head, { ':status': 200, 'sec-websocket-protocol': 'chat' });
  t.equal(head['sec-websocket-accept'], undefined);
  let received = '';
  stream.setEncoding('latin1').on('data', (text: string) => { received += text; });
  stream.write(textFrame('hello'));
  await eventually(() => received === '\x81\x05hello');
  stream.write(textFrame('close 4000 done'));
  await eventually(() => received.endsWith('\x88\x06\x0f\xa0done'));
  stream.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await once(stream, 'close');
  t.equal(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
  await allGone();
});
