import { once } from 'node:events';
import http from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { readLongBody, writeLongBody } from '../helpers/long-body.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient, curlClient, http2Client, type PlainClient } from '../helpers/plain-clients.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const CODINGS = ['gzip', 'br', 'zstd'] as const;
type Coding = (typeof CODINGS)[number];
const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const STREAM_DECODERS: Record<Coding, () => Transform> = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress };
const MB = 1024 * 1024;
const TEXT = Buffer.from(Array.from({ length: 700_000 }, (_, i) => `{"id":${i},"n":${(i * 7919) % 10_007}}\n`).join(''));

const events = new Set<http.ServerResponse>();
let longBytes = 0;
const sockets = new WebSocketServer({ noServer: true });
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));

function writeByByte(response: http.ServerResponse, bytes: number, at = 0): void {
  if (at === bytes) return void response.end();
  response.write(TEXT.subarray(at, at + 1));
  setImmediate(writeByByte, response, bytes, at + 1);
}

async function writeCounted(response: http.ServerResponse): Promise<void> {
  const source = new PassThrough();
  source.on('data', (chunk: Buffer) => { longBytes += chunk.length; });
  source.pipe(response);
  response.on('close', () => source.destroy());
  await writeLongBody(source, 200 * MB).catch(() => undefined);
}

const upstream = await startHttpUpstream(async (request, response) => {
  const [, kind, size = '0'] = request.url?.split('/') ?? [];
  const body = TEXT.subarray(0, Number(size));
  response.setHeader('content-type', kind === 'events' ? 'text/event-stream' : 'application/json');
  response.setHeader('etag', '"v1"');
  response.setHeader('accept-ranges', 'bytes');
  switch (kind) {
    case 'known': response.setHeader('content-length', body.length).end(body); break;
    case 'split': response.setHeader('content-length', body.length).flushHeaders(); setImmediate(() => response.end(body)); break;
    case 'unknown': response.write(body); response.end(); break;
    case 'bytes': writeByByte(response, Number(size)); break;
    case 'slow': response.setHeader('content-length', body.length).write(body.subarray(0, 100)); setTimeout(() => response.end(body.subarray(100)), 60); break;
    case 'long': await writeLongBody(response, Number(size)).catch(() => undefined); break;
    case 'counted': await writeCounted(response); break;
    case 'events': response.flushHeaders(); events.add(response); response.on('close', () => events.delete(response)); break;
    case 'cut': response.write(body); setTimeout(() => response.destroy(), 50); break;
    case 'part': response.writeHead(206, { 'content-range': 'bytes 0-4999/9999' }).end(TEXT.subarray(0, 5000)); break;
    case 'same': response.writeHead(304).end(); break;
    case 'trailers': response.setHeader('trailer', 'x-sum').write(body); response.addTrailers({ 'x-sum': 'abc' }); response.end(); break;
    default: response.writeHead(404).end();
  }
}, { upgrade: (request, socket, head) => sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client)) });

const gateway = await startLoneGateway(t, `
upstreams: { app: "${upstream.target}" }
defaults: { https: both, compress: { minSize: 256B } }
routes:
  - { upstream: app }
  - { path: /few/*, upstream: app, stripPrefix: /few, compress: { atOnce: 4 } }
  - { path: /fixed, respond: { body: "${'lorem '.repeat(8000)}" } }
`, { https: true });
t.teardown(async () => upstream.close());

function decoded(coding: string | undefined, body: Buffer): Buffer {
  return coding === undefined ? body : DECODERS[coding as Coding](body);
}

/** A body as it comes in. */
async function open(session: ClientHttp2Session | null, path: string, coding: Coding): Promise<{ readonly stream: Readable; readonly close: () => void }> {
  if (session !== null) {
    const stream = session.request({ ':path': path, 'accept-encoding': coding });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    return { stream, close: () => stream.destroy() };
  }
  const request = http.get({ host: '127.0.0.1', port: gateway.port, path, headers: { 'accept-encoding': coding }, agent: false });
  request.on('error', () => undefined);
  const [response] = await once(request, 'response') as [http.IncomingMessage];
  response.on('error', () => undefined);
  return { stream: response, close: () => request.destroy() };
}

function clients(t: Test): readonly (readonly [name: string, client: PlainClient])[] {
  return [['HTTP/1.1', agentClient(t, gateway.port)], ['HTTP/2', http2Client(t, gateway.httpsPort, gateway.ca)]];
}

await t.test('every body arrives as it was, in every coding, over both protocols', async (t) => {
  const paths = ['/known/300', '/known/5000', '/known/16384', '/known/16385', '/known/100000', '/split/5000', '/slow/5000', '/unknown/0', '/unknown/5000', '/unknown/100000', '/bytes/300', `/known/${10 * MB}`];
  for (const [name, client] of clients(t)) {
    for (const path of paths) {
      for (const coding of path.endsWith(`/${10 * MB}`) ? ['gzip', 'zstd'] : CODINGS) {
        const { headers, body, status } = await client({ path, headers: { 'accept-encoding': coding } });
        t.strictSame([status, headers['content-encoding'], headers['vary'], headers['etag'], headers['accept-ranges']], [200, coding, 'Accept-Encoding', 'W/"v1"', undefined], `${name} ${path}`);
        t.ok(decoded(coding, body).equals(TEXT.subarray(0, Number(path.split('/')[2]))), `${name} ${path} ${coding}`);
        if (headers['content-length'] !== undefined) t.equal(Number(headers['content-length']), body.length);
      }
    }
  }
});

await t.test('curl reads them', async (t) => {
  for (const curl of [curlClient(`http://127.0.0.1:${gateway.port}`, ['--compressed']), curlClient(`https://127.0.0.1:${gateway.httpsPort}`, ['--compressed', '--insecure', '--http2'])]) {
    if (curl === null) {
      t.comment('no curl');
      continue;
    }
    for (const path of ['/known/5000', '/unknown/300000', '/bytes/300']) {
      const { headers, body } = await curl({ path });
      t.ok(headers['content-encoding'], path);
      t.ok(body.equals(TEXT.subarray(0, Number(path.split('/')[2]))), path);
    }
  }
});

await t.test('a client that reads slowly gets every byte: no memory is used again too early', async (t) => {
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const over of [null, session]) {
    for (const coding of CODINGS) {
      const { stream } = await open(over, `/long/${3 * MB}`, coding);
      stream.on('data', () => {
        stream.pause();
        setImmediate(() => setImmediate(() => stream.resume()));
      });
      t.equal(await readLongBody(stream.pipe(STREAM_DECODERS[coding]())), 3 * MB, coding);
    }
  }
});

await t.test('HEAD has the headers of GET without the length, and the connection goes on', async (t) => {
  for (const [name, client] of clients(t)) {
    const { headers, body } = await client({ method: 'HEAD', path: '/known/5000', headers: { 'accept-encoding': 'gzip' } });
    t.match(headers, { 'content-encoding': 'gzip', vary: 'Accept-Encoding', etag: 'W/"v1"', 'content-length': undefined, 'transfer-encoding': undefined }, name);
    t.equal(body.length, 0);
    t.equal((await client({ path: '/known/5000' })).body.length, 5000);
  }
});

await t.test('parts are left alone, and so are answers below the size; a 304 has the validator that the client holds', async (t) => {
  for (const [, client] of clients(t)) {
    const part = await client({ path: '/part', headers: { 'accept-encoding': 'gzip', range: 'bytes=0-4999' } });
    t.match(part, { status: 206, headers: { etag: '"v1"', 'accept-ranges': 'bytes', 'content-encoding': undefined, vary: undefined } });
    t.ok(part.body.equals(TEXT.subarray(0, 5000)));
    t.match(await client({ path: '/known/255', headers: { 'accept-encoding': 'gzip' } }), { headers: { 'content-length': '255', 'content-encoding': undefined } });
    t.match(await client({ path: '/same', headers: { 'accept-encoding': 'gzip', 'if-none-match': 'W/"v1"' } }), { status: 304, headers: { etag: 'W/"v1"', vary: 'Accept-Encoding' } });
  }
});

await t.test('trailers still come behind the body', async (t) => {
  for (const bytes of [1000, 100_000]) {
    const client = await RawClient.connect({ port: gateway.port });
    client.write(`GET /trailers/${bytes} HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nAccept-Encoding: gzip\r\n\r\n`);
    const { body, trailers } = await client.readResponse();
    client.destroy();
    t.strictSame([gunzipSync(body).length, trailers], [bytes, { 'x-sum': 'abc' }]);
    const h2 = await requestH2(await connectH2(t, gateway.httpsPort, gateway.ca), { ':path': `/trailers/${bytes}`, 'accept-encoding': 'br' });
    t.strictSame([brotliDecompressSync(h2.body).length, h2.trailers['x-sum']], [bytes, 'abc']);
  }
});

await t.test('answers of the gateway itself are compressed, the long ones too', async (t) => {
  for (const [, client] of clients(t)) {
    const fixed = await client({ path: '/fixed', headers: { 'accept-encoding': 'gzip' } });
    t.equal(fixed.headers['content-encoding'], 'gzip');
    t.equal(gunzipSync(fixed.body).toString(), 'lorem '.repeat(8000));
  }
});

await t.test('an event is never held back', async (t) => {
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const over of [null, session]) {
    for (const coding of CODINGS) {
      const { stream, close } = await open(over, '/events', coding);
      let text = '';
      const decoder = STREAM_DECODERS[coding]();
      decoder.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      // In the end the stream is left in the middle.
      decoder.on('error', () => undefined);
      stream.pipe(decoder);
      await eventually(() => events.size === 1);
      const tookMs: number[] = [];
      for (let i = 0; i < 9; i++) {
        const startMs = performance.now();
        for (const response of events) response.write(`data: ${i}\n\n`);
        await eventually(() => text.endsWith(`data: ${i}\n\n`));
        tookMs.push(performance.now() - startMs);
      }
      // One of them may be unlucky on a machine that is busy with other tests.
      t.ok(tookMs.toSorted((a, b) => a - b)[4]! < 50, `${coding}: ${tookMs.map(Math.round).join(' ')} ms`);
      close();
      await eventually(() => events.size === 0);
    }
  }
});

await t.test('threat: a client that does not read makes the upstream wait, and the gateway keeps little', async (t) => {
  const before = process.memoryUsage().rss;
  const closing: (() => void)[] = [];
  for (const coding of CODINGS) {
    longBytes = 0;
    const { stream, close } = await open(null, '/counted', coding);
    stream.pause();
    closing.push(close);
    await unmoved(() => longBytes);
    t.ok(longBytes < 32 * MB, `${coding}: ${longBytes / MB} MB of 200 have left the upstream`);
  }
  t.ok(process.memoryUsage().rss - before < 100 * MB);
  for (const close of closing) close();
  await eventually(() => gateway.inFlight('app', upstream.target) === 0);
});

await t.test('threat: clients that go away in the middle leave no encoder behind', async (t) => {
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (let i = 0; i < 24; i++) {
    const { close } = await open(i % 2 === 0 ? null : session, `/few/long/${20 * MB}`, 'gzip');
    close();
    await eventually(() => gateway.inFlight('app', upstream.target) === 0);
  }
  const { stream, close } = await open(null, `/few/long/${MB}`, 'gzip');
  t.equal((stream as http.IncomingMessage).headers['content-encoding'], 'gzip');
  close();
});

await t.test('beyond the seats answers go out as they are', async (t) => {
  const held: (() => void)[] = [];
  const codings: unknown[] = [];
  for (let i = 0; i < 6; i++) {
    const { stream, close } = await open(null, `/few/long/${20 * MB}`, 'gzip');
    held.push(close);
    codings.push((stream as http.IncomingMessage).headers['content-encoding'] ?? 'none');
  }
  t.strictSame(codings, ['gzip', 'gzip', 'gzip', 'gzip', 'none', 'none']);
  for (const close of held) close();
  await eventually(() => gateway.inFlight('app', upstream.target) === 0);
});

await t.test('an answer that the upstream breaks off is broken off for the client', async (t) => {
  const { stream } = await open(null, '/cut/100000', 'gzip');
  stream.resume();
  await new Promise((resolve) => { stream.once('close', resolve); });
  t.equal((stream as http.IncomingMessage).complete, false);
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.not((await answerOf(session.request({ ':path': '/cut/100000', 'accept-encoding': 'gzip' }))).resetCode, 0);
});

await t.test('a WebSocket is none of its business', async (t) => {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`, { headers: { 'accept-encoding': 'gzip' } });
  await once(socket, 'open');
  socket.send('hello');
  t.equal(String((await once(socket, 'message'))[0]), 'hello');
  socket.close();
  await once(socket, 'close');
});
