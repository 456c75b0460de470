import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { connectH2 } from '../helpers/h2-client.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { RawHttp2Client, TYPE } from '../helpers/raw-http2.ts';
import { startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const MEGABYTE = 1024 * 1024;
const WINDOW_UPDATE = 8;

/** Bytes of which no two places are alike, and no two seeds. */
function pattern(seed: number, bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
  return Buffer.from(words.buffer);
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** GET /SEED/BYTES/FRAMING sends the pattern. */
async function startPatterns(t: Test, keys: string): Promise<{ readonly upstream: TestUpstream; readonly gateway: LoneGateway; readonly served: () => number }> {
  let served = 0;
  const upstream = await startHttpUpstream((request, response) => {
    const [, seed, bytes, framing] = (request.url ?? '').split('/');
    const body = pattern(Number(seed), Number(bytes));
    if (framing === 'length') response.setHeader('content-length', body.length);
    if (framing === 'close') response.useChunkedEncodingByDefault = false;
    // Pieces that do not fit the reads of whoever takes them.
    for (let at = 0; at < body.length; at += 49_999) response.write(body.subarray(at, at + 49_999));
    response.end(() => served++);
  });
  t.teardown(async () => upstream.close());
  const yaml = `defaults: { https: both }\nupstreams: { api: { targets: "${upstream.target}", ${keys} } }\nroutes: [{ upstream: api }]`;
  return { upstream, gateway: await startLoneGateway(t, yaml, { https: true }), served: () => served };
}

/** Reads with a breath after each piece, so that the reader is always behind. */
async function slowHash(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  stream.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    stream.pause();
    setImmediate(() => stream.resume());
  });
  stream.resume();
  await once(stream, 'end');
  return hash.digest('hex');
}

type Get = (path: string) => Promise<Readable>;

async function responseTo(request: http.ClientRequest): Promise<Readable> {
  const [response] = (await once(request, 'response')) as [Readable];
  return response;
}

async function getters(t: Test, gateway: LoneGateway): Promise<Record<string, Get>> {
  const { ca, port, httpsPort } = gateway;
  const session = await connectH2(t, httpsPort, ca);
  const agents = { http: new http.Agent({ maxSockets: 100 }), https: new https.Agent({ ca, maxSockets: 100 }) };
  t.teardown(() => {
    agents.http.destroy();
    agents.https.destroy();
  });
  return {
    'HTTP/1.1': async (path) => responseTo(http.get({ host: '127.0.0.1', port, path, agent: agents.http })),
    'HTTPS': async (path) => responseTo(https.get({ host: 'localhost', family: 4, port: httpsPort, path, agent: agents.https })),
    'HTTP/2': async (path) => session.request({ ':path': path }),
  };
}

await t.test('a slow client gets every byte in its place, however often the buffer was used again', async (t) => {
  const { upstream, gateway } = await startPatterns(t, 'keepAlive: { connections: 64 }');
  const gets = await getters(t, gateway);
  const bytes = 6 * MEGABYTE;
  const wanted: string[] = [];
  const streams: Readable[] = [];
  for (const get of Object.values(gets)) {
    for (const framing of ['length', 'chunked', 'close', 'length']) {
      const seed = streams.length;
      wanted.push(hashOf(pattern(seed, bytes)));
      streams.push((await get(`/${seed}/${bytes}/${framing}`)).pause());
    }
  }
  // All are stuck first, with as much in memory as there can be.
  await unmoved(() => gateway.ended.length);
  t.equal(upstream.requests, streams.length);
  t.strictSame(await Promise.all(streams.map(slowHash)), wanted);
});

await t.test('an upstream connection serves others while the first client still holds bytes of its answer', async (t) => {
  const { upstream, gateway, served } = await startPatterns(t, 'keepAlive: { connections: 1 }');
  const client = await RawHttp2Client.connect(gateway.httpsPort);
  t.teardown(() => client.destroy());
  // All together far above the window of the connection, and each below what makes the gateway wait for its client.
  const bytes = 12_000;
  const streams = Array.from({ length: 40 }, (_, seed) => seed);
  for (const seed of streams) {
    client.headers(1 + 2 * seed, [[':method', 'GET'], [':scheme', 'https'], [':path', `/${seed}/${bytes}/length`], [':authority', 'a']]);
    await eventually(() => served() === seed + 1 && gateway.inFlight('api', upstream.target) === 0);
  }
  t.equal(upstream.connections, 1);
  const received = (seed: number): Buffer =>
    Buffer.concat(client.frames.filter(({ stream, type }) => stream === 1 + 2 * seed && type === TYPE.data).map(({ payload }) => payload));
  t.equal(received(39).length, 0, 'the last answers wait in the memory of the gateway');
  const window = Buffer.alloc(4);
  window.writeUInt32BE(streams.length * bytes);
  client.frame(WINDOW_UPDATE, 0, 0, window);
  await eventually(() => streams.every((seed) => received(seed).length === bytes), 5000);
  t.strictSame(streams.map((seed) => hashOf(received(seed))), streams.map((seed) => hashOf(pattern(seed, bytes))));
});

await t.test('many clients at once over few connections, each reading at its own pace', async (t) => {
  const { gateway } = await startPatterns(t, 'keepAlive: { connections: 4 }');
  const gets = Object.values(await getters(t, gateway));
  const results = Array.from({ length: 90 }, async (_, seed) => {
    const bytes = 4 * (1 + ((seed * 7919) % 100_000));
    const stream = await gets[seed % gets.length]!(`/${seed}/${bytes}/${seed % 2 === 0 ? 'length' : 'chunked'}`);
    return (await slowHash(stream)) === hashOf(pattern(seed, bytes));
  });
  t.ok((await Promise.all(results)).every(Boolean));
});
