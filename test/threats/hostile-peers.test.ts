import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { openFiles } from '../helpers/open-files.ts';
import { processMemory } from '../helpers/process-memory.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { RawHttp2Client, TYPE, type Http2Field } from '../helpers/raw-http2.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { echoRequest, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const random = new SeededRandom(20_260_101);
const CONTINUATION = 9;
const PING = 6;
const MEMORY_GROWTH_MIB_MAX = 200;
const HOST = 'Host: a.test\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n';
const REQUESTS = [
  `GET /echo?x=1 HTTP/1.1\r\n${HOST}Accept: */*\r\nCookie: a=1; b=2\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 11\r\n\r\nhello world`,
  `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n`,
  `POST /echo HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok`,
  `GET /echo HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  `CONNECT a.test:443 HTTP/1.1\r\n${HOST}\r\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  `GET http://a.test/echo HTTP/1.0\r\n\r\n`,
];

/** What the hostile upstream does with a connection that has sent something. */
let attack: (socket: net.Socket) => void = (socket) => void socket.end(ANSWER);

const echo = await startHttpUpstream(echoRequest);
const large = await startHttpUpstream((_request, response) => void response.end(Buffer.alloc(4 * 1024 * 1024, 'x')));
const hostile = await startRawUpstream((socket) => {
  socket.once('data', () => attack(socket));
});
t.teardown(async () => Promise.all([echo.close(), large.close(), hostile.close()]));
const sluice = await startSluice(t, `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, timeouts: { tlsHandshake: 1s, header: 1s, request: 2s, body: 1s, idle: 1s, send: 1s } }
accessLog: off
defaults: { https: both, timeouts: { response: 300ms, idle: 300ms, tunnel: 300ms, stream: 300ms } }
upstreams:
  echo: { targets: "${echo.target}", keepAlive: { idle: 100ms } }
  large: { targets: "${large.target}", keepAlive: { idle: 100ms } }
  hostile: { targets: "${hostile.target}", keepAlive: { idle: 100ms } }
routes:
  - { path: /large, upstream: large }
  - { path: /hostile/*, upstream: hostile }
  - { path: /fixed, respond: { body: "${'x'.repeat(20_000)}" } }
  - { upstream: echo }
`, { https: true });
const pid = sluice.child.pid ?? 0;
await checkService();
const filesAtStart = openFiles(pid);
const memoryAtStart = processMemory(pid);

/** One request over each protocol is served. */
async function checkService(): Promise<void> {
  for (const options of [{ port: sluice.httpPort }, { port: sluice.httpsPort, tls: true }] as const) {
    const client = await RawClient.connect(options);
    const { status, text } = await client.write(`POST /echo HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nping`).readResponse();
    client.destroy();
    if (status !== 200 || !text.includes('"body":"ping"')) throw new Error(`answered ${status} ${text}`);
  }
  const session = await openSession();
  const stream = session.request({ ':path': '/echo' });
  const [head] = await once(stream, 'response') as [Record<string, unknown>];
  session.destroy();
  if (head[':status'] !== 200) throw new Error(`HTTP/2 answered ${String(head[':status'])}`);
}

async function openSession(): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://127.0.0.1:${sluice.httpsPort}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

/** Nothing of what was just done to the gateway is to be noticed afterwards. */
async function checkUnharmed(t: Test): Promise<void> {
  await checkService();
  t.equal(sluice.child.exitCode, null, 'the process is the same');
  if (filesAtStart !== null) await eventually(() => (openFiles(pid) ?? 0) <= filesAtStart, 6000);
  const memory = processMemory(pid);
  if (memory !== null && memoryAtStart !== null) {
    const grown = memory.nowMib - memoryAtStart.nowMib;
    t.ok(grown < MEMORY_GROWTH_MIB_MAX, `memory has grown by ${Math.round(grown)} MiB`);
  }
  const bugs = sluice.output().split('\n').filter((line) => line.includes('"level":"error"'));
  t.strictSame(bugs.slice(0, 3), [], 'no exception was left to the last resort');
}

function randomBytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.integer(256)));
}

/** Up to four changes: an octet is another one, gone, or said twice; a piece is gone, moved, or random. */
function mutate(bytes: Buffer): Buffer {
  let changed = bytes;
  for (let left = random.integer(4) + 1; left > 0 && changed.length > 0; left--) {
    const at = random.integer(changed.length);
    const end = Math.min(changed.length, at + random.integer(20));
    const [before, piece, after] = [changed.subarray(0, at), changed.subarray(at, end), changed.subarray(end)];
    changed = Buffer.concat(random.pick([
      [before, randomBytes(1), changed.subarray(at + 1)],
      [before, changed.subarray(at + 1)],
      [before, piece, piece, after],
      [before, after],
      [after, piece, before],
      [before, randomBytes(random.integer(20)), after],
      [before, Buffer.from(random.pick(['\r\n', '\n', '\0', ':', ' ', '\r\n\r\n', '0\r\n', ','])), after],
    ]));
  }
  return changed;
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Writes `bytes` in pieces, leaves in one of the ways there are, and waits until the connection is gone. */
async function sayAndLeave(socket: Duplex, bytes: Buffer): Promise<void> {
  socket.on('error', () => undefined);
  if (random.chance(0.7)) socket.resume();
  const split = random.integer(bytes.length + 1);
  socket.write(bytes.subarray(0, split));
  await turns(random.integer(5));
  if (!socket.destroyed) socket.write(bytes.subarray(split));
  await turns(random.integer(20));
  if (random.chance(0.3) && socket instanceof net.Socket && !(socket instanceof tls.TLSSocket)) socket.resetAndDestroy();
  else if (random.chance(0.4)) socket.end();
  else socket.destroy();
  await turns(random.integer(50));
  socket.destroy();
}

async function connectPlain(port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function connectTls(protocol: string): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port: sluice.httpsPort, rejectUnauthorized: false, ALPNProtocols: [protocol] });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** `count` attacks, up to 30 of them at the same time. */
async function repeat(count: number, act: () => Promise<void>): Promise<void> {
  let left = count;
  await Promise.all(Array.from({ length: 30 }, async () => {
    while (left-- > 0) await act();
  }));
}

await t.test('threat: any bytes on a plain connection', async (t) => {
  await repeat(600, async () => {
    const request = Buffer.concat(Array.from({ length: random.integer(3) + 1 }, () => Buffer.from(random.pick(REQUESTS))));
    const bytes = random.chance(0.15) ? randomBytes(random.integer(500)) : random.chance(0.8) ? mutate(request) : request;
    await sayAndLeave(await connectPlain(sluice.httpPort), bytes);
  });
  await checkUnharmed(t);
});

await t.test('threat: any bytes on a TLS port, before and after the handshake', async (t) => {
  const hello = await clientHello();
  await repeat(200, async () => {
    const bytes = random.pick([randomBytes(random.integer(300)), mutate(hello), hello.subarray(0, random.integer(hello.length)), Buffer.from(random.pick(REQUESTS))]);
    await sayAndLeave(await connectPlain(sluice.httpsPort), bytes);
  });
  await repeat(100, async () => sayAndLeave(await connectTls('http/1.1'), mutate(Buffer.from(random.pick(REQUESTS)))));
  await repeat(60, async () => sayAndLeave(await connectTls('h2'), random.chance(0.5) ? randomBytes(300) : mutate(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'))));
  await checkUnharmed(t);
});

const FIELDS: readonly Http2Field[] = [[':method', 'POST'], [':scheme', 'https'], [':authority', 'a.test'], [':path', '/echo'], ['x-a', '1'], ['content-length', '5']];

await t.test('threat: any HTTP/2 frames behind a valid preface', async (t) => {
  await repeat(160, async () => {
    const client = await RawHttp2Client.connect(sluice.httpsPort);
    for (let i = 0; i < 12 && !client.closed; i++) {
      const stream = random.pick([0, 1, 1, 1, 3, 5, 2, 0x7fffffff]);
      if (random.chance(0.35)) {
        const fields = FIELDS.map(([name, value]): Http2Field => (random.chance(0.9) ? [name, value] : [mutate(Buffer.from(name)).toString('latin1'), mutate(Buffer.from(value)).toString('latin1')]));
        client.headers(1 + 2 * i, random.chance(0.8) ? fields : fields.toReversed(), { end: random.chance(0.5) });
      } else if (random.chance(0.25)) client.data(stream, 'hello', { end: random.chance(0.5) });
      else if (random.chance(0.3)) client.reset(stream, random.integer(16));
      else client.frame(random.integer(12), random.integer(256), stream, randomBytes(random.pick([0, 4, 5, 6, 8, 9, random.integer(40)])));
      await turns(random.integer(4));
    }
    await turns(random.integer(30));
    client.destroy();
  });
  await checkUnharmed(t);
});

const FLOODS: readonly (readonly [string, (client: RawHttp2Client, nth: number) => void])[] = [
  ['streams opened and reset (CVE-2023-44487)', (client, nth) => client.headers(1 + 2 * nth, FIELDS, { end: false }).reset(1 + 2 * nth, 8)],
  ['streams that the server must reset (MadeYouReset)', (client, nth) => client.headers(1 + 2 * nth, FIELDS, { end: false }).frame(8, 0, 1 + 2 * nth, Buffer.alloc(4))],
  ['SETTINGS', (client) => client.frame(TYPE.settings, 0, 0, Buffer.alloc(0))],
  ['PING', (client) => client.frame(PING, 0, 0, Buffer.alloc(8))],
  ['CONTINUATION', (client, nth) => client.frame(nth === 0 ? TYPE.headers : CONTINUATION, 0, 1, Buffer.from('\0\x03x-a\x40' + 'y'.repeat(64), 'latin1'))],
  ['empty DATA', (client, nth) => (nth === 0 ? client.headers(1, FIELDS, { end: false }) : client.data(1, '', { end: false }))],
  ['PRIORITY', (client, nth) => client.frame(2, 0, 1 + 2 * nth, Buffer.alloc(5))],
  ['requests whose answers are not read', (client, nth) => client.headers(1 + 2 * nth, FIELDS.with(3, [':path', '/large']).slice(0, 5), { end: true })],
];

await t.test('threat: floods of HTTP/2 frames', async (t) => {
  for (const [what, send] of FLOODS) {
    const client = await RawHttp2Client.connect(sluice.httpsPort);
    let sent = 0;
    for (; sent < 4000 && !client.closed; sent++) {
      send(client, sent);
      if (sent % 100 === 0) await turns(3);
    }
    await checkService();
    t.ok(sent > 0, `${what}: others are served${client.closed ? `, and the connection was closed after ${sent}` : ''}`);
    client.destroy();
  }
  await checkUnharmed(t);
});

await t.test('threat: HTTP/2 clients that reset, abandon or half-close at every stage of an answer', async (t) => {
  await repeat(120, async () => {
    attack = random.pick([
      (socket) => void socket.end(ANSWER),
      (socket) => void socket.write(ANSWER.slice(0, random.integer(ANSWER.length))),
      (socket) => void socket.write('HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'),
      (socket) => void socket.write('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01a'),
    ]);
    const session = await openSession();
    for (let i = 0; i < 6 && !session.destroyed && !session.closed; i++) {
      const path = random.pick(['/large', '/echo', '/fixed', '/hostile/', '/hostile/ws', '/nowhere']);
      const head = path === '/hostile/ws'
        ? { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path }
        : { ':method': random.pick(['GET', 'POST', 'HEAD']), ':path': path, ...(random.chance(0.2) ? { expect: '100-continue' } : {}) };
      const stream = session.request(head, { endStream: path !== '/hostile/ws' && random.chance(0.6) });
      stream.on('error', () => undefined);
      if (stream.writable && random.chance(0.5)) stream.write('x'.repeat(random.integer(2000)));
      if (random.chance(0.5)) stream.resume();
      const stage = random.pick(['response', 'data', 'end', 'ready', 'soon', 'later']);
      if (stage === 'soon' || stage === 'later') await turns(random.integer(stage === 'soon' ? 4 : 40));
      else await Promise.race([once(stream, stage).catch(() => undefined), turns(60)]);
      if (stream.destroyed) continue;
      const code = random.pick([constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_PROTOCOL_ERROR, random.integer(14)]);
      random.pick([() => stream.close(code), () => stream.end(), () => void stream.destroy(), () => undefined])();
      if (random.chance(0.1)) session.goaway(random.integer(14));
    }
    await turns(random.integer(30));
    if (random.chance(0.3)) session.close();
    else if (random.chance(0.5)) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    session.destroy();
  });
  await checkUnharmed(t);
});

const CLIENTS: readonly ((path: string) => Promise<void>)[] = [
  async (path) => {
    const client = await RawClient.connect({ port: sluice.httpPort });
    client.write(`GET ${path} HTTP/1.${random.integer(2)}\r\n${HOST}\r\n`);
    await Promise.race([client.readResponse({ timeoutMs: 3000 }).catch(() => undefined), client.closed]);
    client.destroy();
  },
  async (path) => {
    const client = await RawClient.connect({ port: sluice.httpPort });
    client.write(`GET ${path} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`).end();
    await client.closed;
  },
  async (path) => {
    const session = await openSession();
    const stream = session.request({ ':path': path, ':method': random.pick(['GET', 'HEAD', 'POST']) });
    stream.on('error', () => undefined).resume();
    await once(stream, 'close').catch(() => undefined);
    session.destroy();
  },
  async (path) => {
    const session = await openSession();
    const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path }, { endStream: false });
    stream.on('error', () => undefined).resume().end('bytes');
    await once(stream, 'close').catch(() => undefined);
    session.destroy();
  },
];

const HEADS = [
  ANSWER,
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: a\r\nDate: b\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nETag: 1\r\nETag: 2\r\n\r\nhello',
  'HTTP/1.1 204 No\r\n\r\n',
  'HTTP/1.1 304 Not\r\nContent-Length: 10\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  'HTTP/1.1 999 \xe9\r\nX-\xe9: 1\r\nX: \xff\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: <a>\r\nLink: <b>\r\nContent-Type: a\r\nContent-Type: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x88\x02\x03\xe8',
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close, X-A, \r\nX-A: 1\r\n\r\ndata: 1\n\n',
];

await t.test('threat: upstreams that answer with anything, and end in any way', async (t) => {
  await repeat(400, async () => {
    attack = (socket) => {
      const answer = Buffer.from(random.pick(HEADS), 'latin1');
      const bytes = random.pick([randomBytes(random.integer(200)), answer, mutate(answer), mutate(answer), answer.subarray(0, random.integer(answer.length))]);
      const split = random.integer(bytes.length + 1);
      socket.write(bytes.subarray(0, split));
      setImmediate(() => {
        if (socket.destroyed) return;
        socket.write(bytes.subarray(split));
        random.pick([() => socket.resetAndDestroy(), () => socket.end(), () => socket.destroy(), () => socket.end(), () => undefined])();
      });
    };
    await random.pick(CLIENTS)('/hostile/');
  });
  await checkUnharmed(t);
});

await t.test('threat: upstreams that reset while a large answer is on its way', async (t) => {
  await repeat(60, async () => {
    const dies = random.integer(200);
    attack = (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${random.chance(0.5) ? 'Content-Length: 9000000\r\n' : ''}\r\n`);
      socket.write(Buffer.alloc(random.integer(4_000_000)));
      void turns(dies).then(() => random.pick([() => socket.resetAndDestroy(), () => socket.end()])());
    };
    await random.pick(CLIENTS)('/hostile/');
  });
  await checkUnharmed(t);
});

/** The first bytes that Node's own client sends. */
async function clientHello(): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = tls.connect({ port: (server.address() as net.AddressInfo).port, ALPNProtocols: ['h2', 'http/1.1'] });
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection') as [net.Socket];
  const [bytes] = await once(socket, 'data') as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}
