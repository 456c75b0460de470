import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import tls from 'node:tls';
import t from 'tap';
import { processMemory } from '../helpers/process-memory.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { RawHttp2Client, TYPE, type Http2Field } from '../helpers/raw-http2.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

// Floods of frames are in hostile-peers.test.ts, headers of a connection, CR and LF in headers.test.ts, both in their HTTP/2 forms.

const STREAMS_MAX = 64;
const MEMORY_GROWTH_MIB_MAX = 150;
const SERVED_WITHIN_MS = 1500;
const LARGE_BYTES = 8 * 1024 * 1024;
const END_OF_HEADERS_AND_STREAM = 0x5;
const WINDOW_UPDATE = 8;
const PING = 6;
const CANCEL = 8;
const INITIAL_WINDOW_SIZE = 4;
const FRAMES_MAX = 1_000_000;
const FIELDS: readonly Http2Field[] = [[':method', 'GET'], [':scheme', 'https'], [':authority', 'a.test'], [':path', '/wait']];

/** Requests that the upstream works on, and the most it ever did at once. */
const working = new Set<ServerResponse>();
let workingMax = 0;
let asked = 0;

const upstream = await startHttpUpstream((request, response) => {
  request.resume();
  if (request.url === '/large') {
    response.end(Buffer.alloc(LARGE_BYTES, 'x'));
    return;
  }
  if (request.url !== '/wait') {
    response.end('ok');
    return;
  }
  asked += 1;
  working.add(response);
  workingMax = Math.max(workingMax, working.size);
  response.on('close', () => working.delete(response));
});
t.teardown(async () => upstream.close());

const sluice = await startSluice(t, `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, limits: { streamsPerConnection: ${STREAMS_MAX} }, timeouts: { send: 1s } }
accessLog: off
routes: [{ https: both, upstream: "${upstream.target}" }]
`, { https: true });
const pid = sluice.child.pid ?? 0;
await served();
const memoryAtStart = processMemory(pid)?.nowMib ?? null;

/** How long somebody else waits for an answer. */
async function served(): Promise<number> {
  const startMs = performance.now();
  const client = await RawClient.connect({ port: sluice.httpsPort, tls: true });
  const { status } = await client.write('GET /quick HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse();
  client.destroy();
  if (status !== 200) throw new Error(`answered ${status}`);
  return performance.now() - startMs;
}

async function checkOthers(t: { ok(value: boolean, message: string): unknown; strictSame(a: unknown, b: unknown, message: string): unknown }): Promise<void> {
  const ms = await served();
  t.ok(ms < SERVED_WITHIN_MS, `others are served, in ${Math.round(ms)} ms`);
  const memory = processMemory(pid)?.nowMib ?? null;
  if (memory !== null && memoryAtStart !== null) {
    const grown = memory - memoryAtStart;
    t.ok(grown < MEMORY_GROWTH_MIB_MAX, `memory has grown by ${Math.round(grown)} MiB`);
  }
  t.strictSame(sluice.output().split('\n').filter((line) => line.includes('"level":"error"')).slice(0, 3), [], 'nothing was left to the last resort');
}

await t.test('threat: rapid reset ends the connection, and the upstream never has more than its streams to do (CVE-2023-44487)', async (t) => {
  workingMax = 0;
  asked = 0;
  const client = await RawHttp2Client.connect(sluice.httpsPort);
  let sent = 0;
  for (; sent < 20_000 && !client.closed; sent += 1) {
    client.headers(1 + 2 * sent, FIELDS).reset(1 + 2 * sent, CANCEL);
    if (sent % 50 === 0) await new Promise(setImmediate);
  }
  await eventually(() => client.closed, 5000);
  t.ok(client.closed, `the connection was closed after ${sent} of 20,000 streams`);
  await eventually(() => working.size === 0, 5000);
  t.ok(workingMax <= STREAMS_MAX, `the upstream worked on ${workingMax} requests at most`);
  t.ok(asked < 1000, `and has seen ${asked} in all`);
  await checkOthers(t);
});

await t.test('threat: streams that the gateway is made to reset leave no work behind them (MadeYouReset, CVE-2025-8671)', async (t) => {
  const tricks: readonly (readonly [string, (client: RawHttp2Client, stream: number) => void])[] = [
    ['a window opened by nothing', (client, stream) => client.frame(WINDOW_UPDATE, 0, stream, Buffer.alloc(4))],
    ['a window opened too far', (client, stream) => client.frame(WINDOW_UPDATE, 0, stream, Buffer.from([0x7f, 0xff, 0xff, 0xff]))],
    ['data behind the end', (client, stream) => client.data(stream, 'more')],
    ['headers behind the end', (client, stream) => client.headers(stream, FIELDS)],
  ];
  for (const [what, trick] of tricks) {
    workingMax = 0;
    const client = await RawHttp2Client.connect(sluice.httpsPort);
    let sent = 0;
    for (; sent < 3000 && !client.closed; sent += 1) {
      client.headers(1 + 2 * sent, FIELDS);
      trick(client, 1 + 2 * sent);
      if (sent % 20 === 0) await new Promise(setImmediate);
    }
    await served();
    client.destroy();
    await eventually(() => working.size === 0, 5000);
    t.ok(workingMax <= STREAMS_MAX, `${what}: the upstream worked on ${workingMax} requests at most, of ${sent}`);
  }
  await checkOthers(t);
});

/** A block that fills the dynamic table with one large field and then names it again and again, a byte each time (RFC 7541 §6.1). */
function bomb(repeats: number): Buffer {
  const pseudo = Buffer.concat([Buffer.from([0x82, 0x87, 0x84]), Buffer.from('\x01\x06a.test', 'latin1')]);
  const value = Buffer.alloc(3900, 'x');
  const length = value.length - 127;
  const field = Buffer.concat([Buffer.from('\x40\x04bomb', 'latin1'), Buffer.from([0x7f, (length & 127) | 128, length >> 7]), value]);
  return Buffer.concat([pseudo, field, Buffer.alloc(repeats, 0xbe)]);
}

await t.test('threat: headers that unpack to 40 MB are not unpacked (HPACK bomb)', async (t) => {
  for (let nth = 0; nth < 20; nth += 1) {
    const client = await RawHttp2Client.connect(sluice.httpsPort);
    client.frame(TYPE.headers, END_OF_HEADERS_AND_STREAM, 1, bomb(12_000));
    const outcome = await client.outcome(1);
    if (outcome !== 'reset' && outcome !== 431) t.fail(`answered ${outcome}`);
    client.destroy();
  }
  const one = await RawHttp2Client.connect(sluice.httpsPort);
  t.equal(await one.frame(TYPE.headers, END_OF_HEADERS_AND_STREAM, 1, bomb(3)).outcome(1), 200, 'a few of them are a request like any other');
  one.destroy();
  await checkOthers(t);
});

function resets({ frames }: RawHttp2Client): number {
  return frames.filter(({ type }) => type === TYPE.reset).length;
}

await t.test('threat: a client that opens no window gets no answer buffered for it, and is not waited for (zero window)', async (t) => {
  const clients = await Promise.all(Array.from({ length: 2 }, async () => RawHttp2Client.connect(sluice.httpsPort)));
  const closedWindow = Buffer.from([0, INITIAL_WINDOW_SIZE, 0, 0, 0, 0]);
  for (const client of clients) {
    client.frame(TYPE.settings, 0, 0, closedWindow);
    for (let nth = 0; nth < STREAMS_MAX; nth += 1) client.headers(1 + 2 * nth, FIELDS.with(3, [':path', '/large']));
  }
  await eventually(() => clients.every((client) => client.closed || resets(client) === STREAMS_MAX), 8000);
  t.pass(`${clients.length * STREAMS_MAX} answers of ${LARGE_BYTES} bytes were given up`);
  await checkOthers(t);
  for (const client of clients) client.destroy();
});

await t.test('threat: a client that does not read what it makes us say is cut off (PING and SETTINGS without reading)', async (t) => {
  for (const [what, type, size] of [['PING', PING, 8], ['SETTINGS', TYPE.settings, 0]] as const) {
    const socket = tls.connect({ host: '127.0.0.1', port: sluice.httpsPort, servername: 'a.test', ALPNProtocols: ['h2'], rejectUnauthorized: false });
    socket.on('error', () => socket.destroy());
    await once(socket, 'secureConnect');
    socket.pause();
    const frame = Buffer.concat([Buffer.from([0, 0, size, type, 0, 0, 0, 0, 0]), Buffer.alloc(size)]);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'), Buffer.from([0, 0, 0, TYPE.settings, 0, 0, 0, 0, 0])]));
    const flood = Buffer.concat(Array.from({ length: 2000 }, () => frame));
    let frames = 0;
    const closed = new Promise((resolve) => { socket.once('close', resolve); });
    while (!socket.destroyed && frames < FRAMES_MAX) {
      frames += 2000;
      socket.write(flood);
      await Promise.race([closed, served()]);
    }
    t.ok(socket.destroyed, `${what}: the connection was closed after ${frames} frames at most`);
    socket.destroy();
  }
  await checkOthers(t);
});
