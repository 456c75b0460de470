import { once } from 'node:events';
import http from 'node:http';
import { constants as constantsOfHttp2, type ClientHttp2Stream } from 'node:http2';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { constants, inflateRawSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { startGateway } from '../helpers/gateway.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { Http2WebSocket, OPCODE } from '../helpers/http2-websocket.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { readLongBody, writeLongBody } from '../helpers/long-body.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { OK, startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
const ASK = `GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${KEY}\r\n`;
const AGREE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const MEBIBYTE = 1024 * 1024;

const scripted = await startScriptedUpstream(t);
const gateway = await startGateway(t, `
upstreams: { app: { targets: "${scripted.target}", keepAlive: { connections: 0 } } }
routes: [{ https: both, upstream: app }]
`, { https: true });

const echo = await startWebSocketUpstream(t, {
  perMessageDeflate: { threshold: 0 },
  handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
});
const webSockets = await startGateway(t, `routes: [{ https: both, upstream: "${echo.target}" }]`, { https: true });

/** A client that has sent `request` and the upstream's connection, whose request head has been read. */
async function exchange(t: Pick<Test, 'teardown'>, request: string): Promise<{ client: RawClient; upstream: RawClient; head: string }> {
  const client = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => client.destroy());
  client.write(request);
  const upstream = await scripted.accept();
  return { client, upstream, head: await upstream.readUntil('\r\n\r\n') };
}

async function tunnel(t: Pick<Test, 'teardown'>): Promise<{ client: RawClient; upstream: RawClient }> {
  const { client, upstream } = await exchange(t, ASK);
  upstream.write(AGREE);
  await client.readUntil('\r\n\r\n');
  return { client, upstream };
}

await t.test('threat: a 101 that nobody asked for is a 502, and what follows it reaches nobody', async (t) => {
  const { client, upstream } = await exchange(t, 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  upstream.write(`${AGREE}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
  t.equal((await client.readResponse()).status, 502);
  await upstream.closed;
  client.write('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const next = await scripted.accept();
  t.match(await next.readUntil('\r\n\r\n'), /^GET \/next /, 'on a connection of its own');
  next.write(OK);
  t.equal((await client.readResponse()).text, 'ok');
});

await t.test('threat: a 101 to something else than was asked for is a 502', async (t) => {
  for (const fields of [
    'Connection: Upgrade\r\nUpgrade: h2c\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket, irc/6.9\r\n',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n',
    'Connection: Upgrade\r\n',
    'Upgrade: websocket\r\n',
  ]) {
    const { client, upstream } = await exchange(t, ASK);
    upstream.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    t.equal((await client.readResponse()).status, 502, JSON.stringify(fields));
    await Promise.all([upstream.closed, client.closed]);
  }
});

await t.test('threat: an answer that refuses the upgrade is an ordinary one: bytes behind it reach nobody', async (t) => {
  const { client, upstream } = await exchange(t, ASK);
  upstream.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Reason: origin\r\n\r\nnoHTTP/1.1 101 Switching Protocols\r\n\r\n');
  client.write('GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const { status, headers, text } = await client.readResponse();
  t.strictSame([status, headers['x-reason'], text, headers['connection']], [403, 'origin', 'no', 'close']);
  t.equal(await client.readToEnd(), '', 'the connection ends, since what the client takes it for is not known');
  await upstream.closed;
  t.equal(upstream.received.length, 0, 'and what the client sent early did not arrive');
});

await t.test('a refusal is passed on however long it is', async (t) => {
  const request = http.get({ port: gateway.httpPort, path: '/', headers: { connection: 'Upgrade', upgrade: 'websocket' } });
  const upstream = await scripted.accept();
  upstream.write('HTTP/1.1 200 OK\r\n\r\n');
  const [[response]] = await Promise.all([once(request, 'response') as Promise<[http.IncomingMessage]>, upstream.readUntil('\r\n\r\n')]);
  const [received] = await Promise.all([readLongBody(response), writeLongBody(upstream.socket, 16 * MEBIBYTE)]);
  t.equal(received, 16 * MEBIBYTE);
});

await t.test('threat: h2c is never tunnelled: the upgrade is left out, the request is served', async (t) => {
  for (const upgrade of ['h2c', 'H2C', 'websocket, h2c', 'h2c,websocket', 'h2', 'HTTP/2.0', 'TLS/1.2']) {
    const { client, upstream, head } = await exchange(t, 
      `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    );
    t.notMatch(head, /upgrade|http2-settings/i, upgrade);
    upstream.write(OK);
    const { text, headers } = await client.readResponse();
    t.strictSame([text, headers['connection']], ['ok', 'close'], `${upgrade}: the last answer of its connection`);
    await client.closed;
  }
});

await t.test('threat: an upgrade that is none is an ordinary request, and hides none behind it', async (t) => {
  const cases = [
    ['a body', 'close', `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`],
    ['a chunked body', 'close', `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`],
    ['another method', 'close', `POST / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`],
    ['no Connection: upgrade', 'keep-alive', `GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\n${KEY}\r\n`],
    ['no Upgrade', 'keep-alive', `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\n${KEY}\r\n`],
    ['HTTP/1.0', 'close', `GET / HTTP/1.0\r\nHost: a.test\r\nConnection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\n`],
  ] as const;
  for (const [what, connection, request] of cases) {
    const { client, upstream, head } = await exchange(t, `${request}GET /second HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    t.notMatch(head, /^(?:connection|upgrade): (?:upgrade|websocket)/im, `${what}: the upstream is asked for none`);
    upstream.write(OK);
    const { text, headers } = await client.readResponse();
    t.strictSame([text, headers['connection']], ['ok', connection], what);
    if (connection === 'keep-alive') {
      const second = await scripted.accept();
      t.match(await second.readUntil('\r\n\r\n'), /^GET \/second /, `${what}: the second request is one of its own`);
      client.destroy();
    } else {
      t.equal(await client.readToEnd(), '', `${what}: nothing is answered behind it`);
      t.notMatch(upstream.received.toString(), /second/, what);
    }
  }
});

await t.test('threat: an upgrade or a CONNECT behind a request that waits for its answer takes nothing over', async (t) => {
  const { client, upstream } = await exchange(t, `GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n${ASK}`);
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst');
  t.equal((await client.readResponse()).text, 'first');
  const second = await scripted.accept();
  t.notMatch(await second.readUntil('\r\n\r\n'), /upgrade/i, 'in its turn it is an ordinary request');
  second.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
  t.equal((await client.readResponse()).text, 'second');
  t.equal(await client.readToEnd(), '');
  const waiting = await exchange(t, 'GET /first HTTP/1.1\r\nHost: a.test\r\n\r\n');
  waiting.client.write('CONNECT b.test:443 HTTP/1.1\r\nHost: b.test\r\n\r\n');
  t.equal(await waiting.client.readToEnd(), '', 'a CONNECT ends the connection');
  await waiting.upstream.closed;
});

await t.test('of several protocols offered, the client is told which one it got, and its bytes go through untouched', async (t) => {
  const { client, upstream, head } = await exchange(t, 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: chat/2, Chat/1\r\n\r\n');
  t.match(head, /^Upgrade: chat\/2, chat\/1\r$/im);
  upstream.write('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: Chat/1\r\nX-A: 1\r\n\r\nfirst');
  const answer = await client.readUntil('first');
  t.match(answer, /^HTTP\/1\.1 101 /);
  t.match(answer, /^Upgrade: Chat\/1\r$/m);
  t.match(answer, /^X-A: 1\r$/m);
  client.write('\x00\xff\r\n\r\n');
  t.equal(await upstream.readUntil('\r\n\r\n'), '\x00\xff\r\n\r\n');
});

await t.test('bytes that a client sends before the upstream has agreed arrive in their place', async (t) => {
  const { client, upstream } = await exchange(t, `${ASK}early`);
  client.write(' bird');
  upstream.write(AGREE);
  await client.readUntil('\r\n\r\n');
  client.write(' sings');
  t.equal(await upstream.readUntil('sings'), 'early bird sings');
});

await t.test('threat: a client that leaves before the upstream has agreed leaves nothing behind', async (t) => {
  for (const leave of ['destroy', 'end'] as const) {
    const { client, upstream } = await exchange(t, ASK);
    client[leave]();
    await upstream.closed;
    t.pass(`${leave}: the upstream is let go at once`);
    await eventually(() => gateway.plane.status().targets.every(({ inFlight }) => inFlight === 0));
  }
});

await t.test('an end of either side reaches the other, at once and for good', async (t) => {
  for (const [leaves, stays] of [['client', 'upstream'], ['upstream', 'client']] as const) {
    const pair = await tunnel(t);
    pair[leaves].destroy();
    await pair[stays].closed;
    t.pass(`${leaves} left`);
  }
  await eventually(() => gateway.plane.status().targets.every(({ inFlight }) => inFlight === 0));
});

await t.test('half-close: what the other side still has to say arrives', async (t) => {
  for (const [ends, speaks] of [['client', 'upstream'], ['upstream', 'client']] as const) {
    const pair = await tunnel(t);
    pair[ends].socket.allowHalfOpen = true;
    pair[speaks].socket.allowHalfOpen = true;
    pair[ends].write('bye').end();
    t.equal(await pair[speaks].readToEnd(), 'bye');
    pair[speaks].write('last words').end();
    t.equal(await pair[ends].readToEnd(), 'last words', `${speaks} speaks last`);
    await Promise.all([pair.client.closed, pair.upstream.closed]);
  }
});

await t.test('half-close: a WebSocket gets seconds to finish, another protocol as long as it speaks', async (t) => {
  const clock = new ManualClock();
  const lone = await startLoneGateway(t, `
upstreams: { app: { targets: "${scripted.target}", timeouts: { tunnel: 60s } } }
routes: [{ upstream: app }]
`, { clock });
  for (const [protocol, lasts] of [['websocket', false], ['tcp', true]] as const) {
    const client = await RawClient.connect({ port: lone.port });
    client.write(`GET / HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
    const upstream = await scripted.accept();
    upstream.socket.allowHalfOpen = true;
    upstream.write(AGREE.replace('websocket', protocol));
    await client.readUntil('\r\n\r\n');
    client.end();
    await upstream.readToEnd();
    clock.advance(30_000);
    if (lasts) {
      upstream.write('output');
      await client.readUntil('output');
      clock.advance(45_000);
      upstream.write('more').end();
      t.equal(await client.readToEnd(), 'more', 'each byte begins the time anew');
    } else {
      t.equal(await client.readToEnd(), '', 'the gateway has ended what the upstream did not');
      upstream.destroy();
    }
  }
});

await t.test('threat: a tunnel in which nothing moves is closed, one in which one side speaks is not', async (t) => {
  const clock = new ManualClock();
  const lone = await startLoneGateway(t, `
upstreams: { app: { targets: "${scripted.target}", timeouts: { tunnel: 60s } } }
routes: [{ upstream: app }]
`, { clock });
  const client = await RawClient.connect({ port: lone.port });
  client.write(ASK);
  const upstream = await scripted.accept();
  upstream.write(AGREE);
  await client.readUntil('\r\n\r\n');
  for (const [from, to] of [[client, upstream], [upstream, client], [client, upstream]] as const) {
    clock.advance(50_000);
    from.write('tick;');
    await to.readUntil('tick;');
  }
  t.equal(lone.tunnels.size, 1);
  clock.advance(61_000);
  await Promise.all([client.closed, upstream.closed]);
  t.equal(lone.tunnels.size, 0);
  t.equal(lone.inFlight('app', scripted.target), 0);
  t.match(lone.ended[0], { status: 101, errorCode: 'upstream_timeout' });
});

for (const [name, url] of [['HTTP/1.1', `ws://127.0.0.1:${webSockets.httpPort}/chat?room=1`], ['TLS', `wss://127.0.0.1:${webSockets.httpsPort}/chat?room=1`]] as const) {
  await t.test(`a WebSocket over ${name}: subprotocol, compression, messages and close code go through untouched`, async (t) => {
    const before = echo.requests.length;
    const socket = new WebSocket(url, ['chat.v1', 'chat.v2'], { perMessageDeflate: { threshold: 0 }, ca: webSockets.ca, headers: { cookie: 'a=1' } });
    await once(socket, 'open');
    t.equal(socket.protocol, 'chat.v2');
    t.match(socket.extensions, 'permessage-deflate');
    const { url: seen, headers } = echo.requests[before] ?? {};
    t.match({ seen, headers }, { seen: '/chat?room=1', headers: { cookie: 'a=1', 'sec-websocket-protocol': 'chat.v1,chat.v2' } });
    for (const message of ['héllo', Buffer.alloc(3 * MEBIBYTE, 'x'), Buffer.alloc(0)]) {
      socket.send(message);
      const [data, isBinary] = await once(socket, 'message') as [Buffer, boolean];
      t.ok(data.equals(Buffer.from(message)), `${data.length} bytes came back`);
      t.equal(isBinary, typeof message !== 'string');
    }
    socket.close(4321, 'enough');
    const [code, reason] = await once(socket, 'close') as [number, Buffer];
    t.strictSame([code, reason.toString()], [4321, 'enough']);
    t.strictSame(await eventually(() => echo.closes[before]), { code: 4321, reason: 'enough' });
  });
}

await t.test('a WebSocket over HTTP/2 (RFC 8441): subprotocol, compression, messages and close code go through untouched', async (t) => {
  const session = await connectH2(t, webSockets.httpsPort, webSockets.ca);
  const before = echo.requests.length;
  const socket = await Http2WebSocket.open(session, '/chat?room=2', {
    'sec-websocket-protocol': 'chat.v1, chat.v2', 'sec-websocket-extensions': 'permessage-deflate', 'cookie': 'a=1',
  });
  t.match(socket.head, { ':status': 200, 'sec-websocket-protocol': 'chat.v2', 'sec-websocket-extensions': 'permessage-deflate' });
  t.notOk(['connection', 'upgrade', 'sec-websocket-accept'].some((name) => name in socket.head), 'nothing of the HTTP/1.1 handshake');
  t.match(echo.requests[before], { method: 'GET', url: '/chat?room=2', headers: { cookie: 'a=1', connection: 'Upgrade', upgrade: 'websocket' } });
  socket.send(OPCODE.text, 'hello');
  const frame = await socket.frame();
  t.strictSame([frame.opcode, frame.compressed], [OPCODE.text, true], 'the application compresses, as the client allowed');
  t.equal(inflateRawSync(Buffer.concat([frame.payload, Buffer.from([0, 0, 0xff, 0xff])]), { finishFlush: constants.Z_SYNC_FLUSH }).toString(), 'hello');
  t.equal((await requestH2(session, { ':path': '/' })).status, 426, 'other streams of the connection are requests as before');
  socket.send(OPCODE.close, Buffer.from([0x10, 0xe1]));
  const close = await socket.frame();
  t.strictSame([close.opcode, close.payload.readUInt16BE()], [OPCODE.close, 4321]);
  socket.stream.end();
  await once(socket.stream, 'close');
  t.equal(socket.stream.rstCode, 0, 'the stream ends, it is not reset');
  t.match(await eventually(() => echo.closes[before]), { code: 4321 });
});

await t.test('HTTP/2: a refused handshake has the status of the application', async (t) => {
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const opening = Http2WebSocket.open(session, '/ws');
  const upstream = await scripted.accept();
  t.match(await upstream.readUntil('\r\n\r\n'), /^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r$/im, 'the upstream gets the key that its protocol needs');
  upstream.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  t.equal((await opening).head[':status'], 403);
});

await t.test('HTTP/2: a stream that the client resets ends its tunnel and no other', async (t) => {
  const session = await connectH2(t, webSockets.httpsPort, webSockets.ca);
  const [first, second] = await Promise.all([Http2WebSocket.open(session, '/1'), Http2WebSocket.open(session, '/2')]);
  t.equal(echo.open, 2);
  first.stream.close(constantsOfHttp2.NGHTTP2_CANCEL);
  await eventually(() => echo.open === 1);
  second.send(OPCODE.text, 'still here');
  t.equal((await second.frame()).payload.toString(), 'still here');
});

/** Both ends of a tunnel whose bytes nobody frames. */
async function openEnds(t: Pick<Test, 'teardown'>, over: 'HTTP/1.1' | 'TLS' | 'HTTP/2'): Promise<{ client: Duplex; upstream: Duplex }> {
  if (over === 'HTTP/2') {
    const session = await connectH2(t, gateway.httpsPort, gateway.ca);
    const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' }, { endStream: false });
    const upstream = await scripted.accept();
    upstream.write(AGREE);
    await Promise.all([once(stream, 'response'), upstream.readUntil('\r\n\r\n')]);
    return { client: stream, upstream: upstream.socket };
  }
  const port = over === 'TLS' ? gateway.httpsPort : gateway.httpPort;
  const client = await RawClient.connect(over === 'TLS' ? { port, tls: { ca: gateway.ca } } : { port });
  t.teardown(() => client.destroy());
  client.write(ASK);
  const upstream = await scripted.accept();
  upstream.write(AGREE);
  await Promise.all([client.readUntil('\r\n\r\n'), upstream.readUntil('\r\n\r\n')]);
  return { client: client.socket, upstream: upstream.socket };
}

for (const over of ['HTTP/1.1', 'TLS', 'HTTP/2'] as const) {
  for (const slow of ['client', 'upstream'] as const) {
    await t.test(`threat: over ${over} the ${slow} stops reading: the other side is held up, nothing piles up`, async (t) => {
      const ends = await openEnds(t, over);
      const reader = ends[slow];
      const writer = ends[slow === 'client' ? 'upstream' : 'client'];
      for (const end of [reader, writer]) end.removeAllListeners('data');
      reader.pause();
      const total = 48 * MEBIBYTE;
      const memoryBefore = process.memoryUsage().rss;
      const writing = writeLongBody(writer, total);
      const taken = await settled(() => sentBytes(writer));
      t.ok(taken > 0 && taken < total / 2, `the writer was held up after ${taken >> 10} KiB`);
      t.ok(process.memoryUsage().rss - memoryBefore < total / 2, 'nor did the gateway, in this process, take the rest');
      const reading = readLongBody(reader);
      reader.resume();
      const [received] = await Promise.all([reading, writing]);
      t.equal(received, total, 'in the end all has arrived, unharmed');
    });
  }
}

/** Bytes that have left for the gateway. */
function sentBytes(stream: Duplex): number {
  if (stream instanceof Socket) return stream.bytesWritten - stream.writableLength;
  return (stream as ClientHttp2Stream).session?.socket.bytesWritten ?? 0;
}

/** What a number has become when it does not grow any more. */
async function settled(count: () => number): Promise<number> {
  let last = -1;
  let sinceMs = performance.now();
  await eventually(() => {
    const now = count();
    if (now !== last) sinceMs = performance.now();
    last = now;
    return performance.now() - sinceMs > 150;
  }, 5000);
  return last;
}
