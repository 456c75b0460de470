import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { answerOf, connectH2 } from '../helpers/h2-client.ts';
import { writeLongBody } from '../helpers/long-body.ts';
import { RawClient, type RawClientOptions } from '../helpers/raw-client.ts';
import { RawHttp2Client, TYPE } from '../helpers/raw-http2.ts';
import { startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const ASK = 'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const AGREE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const EVENTS = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';
/** More than the buffers of two loopback connections hold. */
const LARGE = 48 * 1024 * 1024;
/** A deadline of 300 ms is noticed within this time on a machine that is busy. */
const SOON_MS = 4000;

const scripted = await startScriptedUpstream(t);
const slow = await startSluice(t, `
listen:
  http: 127.0.0.1:0
  https: 127.0.0.1:0
  admin: off
  timeouts: { tlsHandshake: 300ms, header: 300ms, request: 900ms, body: 300ms, idle: 300ms, send: 300ms }
upstreams: { app: { targets: "${scripted.target}", keepAlive: { connections: 0 } } }
routes:
  - { https: both, upstream: app }
  - { https: both, path: /fixed, respond: { body: "${'x'.repeat(64 * 1024)}" } }
`, { https: true });
const events = await startRawUpstream(answerWith(EVENTS));
const tunnels = await startRawUpstream(answerWith(AGREE));
t.teardown(async () => Promise.all([events.close(), tunnels.close()]));

async function connect(t: Pick<Test, 'teardown'>, options: RawClientOptions): Promise<RawClient> {
  const client = await RawClient.connect(options);
  t.teardown(() => client.destroy());
  return client;
}

/** Sends a byte of `bytes` every 50 ms until the other side has closed. */
async function dribble(client: RawClient, bytes: Buffer | string): Promise<void> {
  let at = 0;
  const timer = setInterval(() => client.write(Buffer.from(bytes).subarray(at, ++at)), 50);
  await client.closed;
  clearInterval(timer);
}

await t.test('threat: a head that comes byte by byte is answered 408 and its connection closed', async (t) => {
  await Promise.all(([{ port: slow.httpsPort, tls: true }, { port: slow.httpPort }] as const).map(async (options) => {
    const client = await connect(t, options);
    await dribble(client, `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(1000)}`);
    t.match(client.received.toString(), /^HTTP\/1\.1 408 .*\r\n\r\n\{.*"request_timeout"/s, 'tls' in options ? 'TLS' : 'plain');
  }));
});

await t.test('threat: a connection that says nothing at all is closed', async (t) => {
  const clients = await Promise.all([connect(t, { port: slow.httpPort }), connect(t, { port: slow.httpsPort, tls: true })]);
  await Promise.all(clients.map(async (client) => client.closed));
  t.pass('plain and over TLS');
});

await t.test('threat: a TLS handshake that stalls or dribbles is closed', async (t) => {
  const hello = await clientHello();
  const stalls = [
    async () => (await connect(t, { port: slow.httpsPort })).closed,
    async () => (await connect(t, { port: slow.httpsPort })).write(hello.subarray(0, hello.length - 1)).closed,
    async () => dribble(await connect(t, { port: slow.httpsPort }), hello.subarray(0, hello.length - 1)),
    async () => dribble(await connect(t, { port: slow.httpsPort }), Buffer.from([0x16, 3, 1, 0x3f, 0xff, ...Buffer.alloc(1000, 1)])),
    // A whole ClientHello with ALPN, and then silence where the client should finish.
    async () => (await connect(t, { port: slow.httpsPort })).write(hello).closed,
  ];
  await Promise.all(stalls.map(async (stall) => stall()));
  t.pass('all are closed');
});

await t.test('threat: an HTTP/2 connection that sends no whole request, or no preface even, is closed', async (t) => {
  const options = { host: '127.0.0.1', port: slow.httpsPort, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
  const silent = tls.connect(options);
  const session = connectHttp2(`https://127.0.0.1:${slow.httpsPort}`, { rejectUnauthorized: false });
  t.teardown(() => {
    silent.destroy();
    session.destroy();
  });
  silent.on('error', () => undefined).resume();
  session.on('error', () => undefined);
  // HEADERS without END_HEADERS: its CONTINUATION never comes.
  const stalled = (await RawHttp2Client.connect(slow.httpsPort)).frame(TYPE.headers, 0, 1, Buffer.from([0x82]));
  await Promise.all([once(silent, 'close'), once(session, 'close'), eventually(() => stalled.closed)]);
  t.pass('all are closed');
});

await t.test('threat: a connection kept alive without a request is closed', async (t) => {
  const client = await connect(t, { port: slow.httpPort });
  client.write('GET /fixed HTTP/1.1\r\nHost: a.test\r\n\r\n');
  t.equal((await client.readResponse()).status, 200);
  t.equal(await client.readToEnd(SOON_MS), '');
});

await t.test('threat: a body that stops coming is answered 408, and the upstream let go', async (t) => {
  const client = await connect(t, { port: slow.httpPort });
  client.write('POST /stops HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhalf');
  const upstream = await scripted.accept();
  const { status, headers } = await client.readResponse({ timeoutMs: SOON_MS });
  t.strictSame([status, headers['connection']], [408, 'close']);
  await Promise.all([client.closed, upstream.closed]);
  t.match(await slow.logged((line) => line['path'] === '/stops'), { status: 408, code: 'request_timeout', bytesIn: 4 });
});

await t.test('threat: a body that dribbles for ever is cut at the time for a whole request', async (t) => {
  const client = await connect(t, { port: slow.httpPort });
  client.write('POST /dribbles HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000\r\n\r\n');
  const upstream = await scripted.accept();
  await Promise.all([dribble(client, 'x'.repeat(1000)), upstream.closed]);
  t.match(client.received.toString(), /^HTTP\/1\.1 408 /);
});

await t.test('threat: over HTTP/2 too, a body that stops or dribbles is answered 408', async (t) => {
  const session = connectHttp2(`https://127.0.0.1:${slow.httpsPort}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  for (const dribbles of [false, true]) {
    const stream = session.request({ ':method': 'POST', ':path': dribbles ? '/h2-dribbles' : '/h2-stops' });
    stream.write('x');
    const timer = setInterval(() => dribbles && !stream.destroyed && stream.write('x'), 50);
    const answer = answerOf(stream);
    const upstream = await scripted.accept();
    t.equal((await answer).status, 408, dribbles ? 'dribbles' : 'stops');
    clearInterval(timer);
    await upstream.closed;
  }
});

await t.test('threat: a client that does not read a large answer is cut, and its upstream connection let go', async (t) => {
  for (const secure of [false, true]) {
    const path = secure ? '/unread-tls' : '/unread';
    const client = await connect(t, secure ? { port: slow.httpsPort, tls: true } : { port: slow.httpPort });
    client.socket.pause();
    client.write(GET.replace('/', path));
    const upstream = await scripted.accept();
    upstream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
    writeLongBody(upstream.socket, LARGE).catch(() => undefined);
    await upstream.closed;
    t.match(await slow.logged((line) => line['path'] === path), { status: 200, code: 'client_too_slow' }, path);
  }
});

await t.test('threat: an HTTP/2 client with a window of zero is cut: stream by stream', async (t) => {
  const session = connectHttp2(`https://127.0.0.1:${slow.httpsPort}`, { rejectUnauthorized: false, settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  const forwarded = answerOf(session.request({ ':path': '/h2-unread' }));
  const upstream = await scripted.accept();
  upstream.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  const fixed = answerOf(session.request({ ':path': '/fixed' }));
  for (const [path, answer] of [['/h2-unread', forwarded], ['/fixed', fixed]] as const) {
    const { status, body, resetCode } = await answer;
    t.strictSame([status, body.length], [200, 0], path);
    t.not(resetCode, 0, `${path}: the client can tell that the answer is not whole`);
    await slow.logged((line) => line['path'] === path && line['code'] === 'client_too_slow');
  }
});

await t.test('threat: a client that does not read answers of the gateway itself is cut as well', async (t) => {
  const client = await connect(t, { port: slow.httpPort });
  client.socket.pause();
  for (let sent = 0; sent < LARGE; sent += 64 * 1024) client.write('GET /fixed HTTP/1.1\r\nHost: a.test\r\nX-From: pipeline\r\n\r\n');
  const { client: address, code } = await slow.logged((line) => line['path'] === '/fixed' && line['protocol'] === 'HTTP/1.1' && line['code'] !== undefined);
  t.strictSame([address, code], ['127.0.0.1', 'client_too_slow']);
  client.socket.resume();
  await client.closed;
});

await t.test('threat: connections above the bound of one address, or of all, are closed unread, and room comes back', async (t) => {
  const gateway = await startGateway(t, `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, limits: { connections: 5, connectionsPerAddress: 3 } }
workers: 2
routes: [{ https: both, respond: { body: hi } }]
`, { https: true });
  const open: RawClient[] = [];
  const ask = async (from: string, secure: boolean = false): Promise<RawClient | null> => {
    const socket = net.connect({ host: '127.0.0.1', port: secure ? gateway.httpsPort : gateway.httpPort, localAddress: from });
    const client = RawClient.over(secure ? tls.connect({ socket, rejectUnauthorized: false }) : socket);
    t.teardown(() => client.destroy());
    client.write(GET);
    const answer = await client.readResponse().catch(() => null);
    if (answer === null) return null;
    open.push(client);
    return client;
  };
  for (const secure of [false, true, false]) t.ok(await ask('127.0.0.2', secure));
  t.equal(await ask('127.0.0.2'), null, 'a fourth from the same address');
  t.equal(await ask('127.0.0.2', true), null, 'over TLS neither');
  t.ok(await ask('127.0.0.3'), 'another address has its own');
  t.ok(await ask('127.0.0.4'));
  t.equal(await ask('127.0.0.5'), null, 'a sixth of all');
  for (const client of open) client.destroy();
  for (let i = 0; i < 3; i++) t.ok(await eventually(async () => ask('127.0.0.2', i === 1)), 'what was closed is counted no more');
});

await t.test('threat: event streams and WebSockets above the bound of their route get 503, and room comes back', async (t) => {
  const gateway = await startGateway(t, `
workers: 2
upstreams: { events: "${events.target}", tunnels: "${tunnels.target}" }
routes:
  - { path: /ws, upstream: tunnels, tunnels: 2, https: both }
  - { path: /, upstream: events, streams: 2, https: both }
`, { https: true });
  for (const [what, request, begins] of [['event streams', GET, 'text/event-stream'], ['WebSockets', ASK, ' 101 ']] as const) {
    const open = async (): Promise<RawClient | null> => {
      const client = await connect(t, { port: gateway.httpPort });
      const head = await client.write(request).readUntil('\r\n\r\n');
      return head.includes(begins) ? client : null;
    };
    const first = await open();
    t.ok(await open(), `${what}: a second`);
    const third = await connect(t, { port: gateway.httpPort });
    const { status, headers, text } = await third.write(request).readResponse();
    t.match({ status, headers, text }, { status: 503, headers: { 'retry-after': /^\d+$/, 'cache-control': 'no-store' }, text: /too_many_streams/ }, what);
    first?.destroy();
    t.ok(await eventually(open), `${what}: one gone, one may come`);
  }
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.equal((await answerOf(session.request({ ':path': '/' }))).status, 503, 'over HTTP/2 the bound is the same');
  const inFlight = (): number[] => gateway.plane.status().targets.map((target) => target.inFlight);
  t.strictSame(inFlight(), [2, 2], 'nothing that was refused is still counted');
});

await t.test('the gateway is as it was', async (t) => {
  const client = await connect(t, { port: slow.httpPort });
  client.write('GET /fixed HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  t.equal((await client.readResponse()).status, 200);
  t.notMatch(slow.output(), /bug:/);
});

/** The first bytes that Node's own client sends, with ALPN. */
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
