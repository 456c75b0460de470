import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type Socket } from 'node:net';
import t from 'tap';
import { readLongBody, writeLongBody } from '../helpers/long-body.ts';
import { processMemory } from '../helpers/process-memory.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** By which the gateway may grow, whatever the size of a body. */
const GROWTH_MIB_MAX = 64;
const STALLED_CLIENTS = 10;

/** POST gives back how many bytes of the long body came; GET sends as many as the query says. */
const storage = await startHttpUpstream(async (request, response) => {
  if (request.method === 'POST') {
    response.end(String(await readLongBody(request)));
    return;
  }
  const bytes = Number(request.url?.split('?')[1]);
  response.setHeader('content-length', bytes);
  await writeLongBody(response, bytes);
});
let flooded = 0;
const flood = await startRawUpstream((socket) => {
  socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    pour(socket);
  });
});
const deaf = await startRawUpstream((socket) => socket.pause());

const sluice = await startSluice(t, `
defaults: { https: both }
routes:
  - { path: /storage, upstream: "${storage.target}" }
  - { path: /flood, upstream: "${flood.target}" }
  - { path: /deaf, upstream: "${deaf.target}" }
`, { https: true });
t.teardown(async () => Promise.all([storage.close(), flood.close(), deaf.close()]));

/** Writes for as long as the other side reads. */
function pour(socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024);
  flooded += chunk.length;
  socket.write(chunk, (error) => {
    if (error === undefined || error === null) pour(socket);
  });
}

/** Runs `work` and says by how many MiB the gateway's memory grew at most. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const pid = sluice.child.pid ?? 0;
  const before = processMemory(pid)?.nowMib ?? 0;
  await work();
  return (processMemory(pid)?.peakMib ?? 0) - before;
}

/** Waits until a count that grew does not grow any more. */
async function standsStill(count: () => number): Promise<void> {
  let last = 0;
  let calm = 0;
  await eventually(() => {
    calm = count() === last ? calm + 1 : 0;
    last = count();
    return last > 0 && calm > 30;
  }, 5000);
}

async function upload(bytes: number, headers: http.OutgoingHttpHeaders): Promise<number> {
  const request = http.request({ port: sluice.httpPort, path: '/storage', method: 'POST', headers, agent: false });
  const [[response]] = await Promise.all([once(request, 'response') as Promise<[http.IncomingMessage]>, writeLongBody(request, bytes)]);
  return Number((await response.setEncoding('utf8').toArray()).join(''));
}

async function download(bytes: number): Promise<number> {
  const [response] = (await once(http.get({ port: sluice.httpPort, path: `/storage?${bytes}`, agent: false }), 'response')) as [http.IncomingMessage];
  return readLongBody(response);
}

function connectHttp2(): http2.ClientHttp2Session {
  const session = http2.connect(`https://127.0.0.1:${sluice.httpsPort}`, { rejectUnauthorized: false, settings: { initialWindowSize: MIB } });
  session.once('connect', () => session.setLocalWindowSize(16 * MIB));
  return session;
}

await t.test('1 GiB passes each way over HTTP/1.1, byte for byte, and the gateway stays small', async (t) => {
  const up = await growthDuring(async () => {
    t.equal(await upload(GIB, { 'content-length': GIB }), GIB);
  });
  const down = await growthDuring(async () => {
    t.equal(await download(GIB), GIB);
  });
  t.ok(up < GROWTH_MIB_MAX, `up: ${up} MiB`);
  t.ok(down < GROWTH_MIB_MAX, `down: ${down} MiB`);
  await sluice.logged(({ bytesIn }) => bytesIn === GIB);
  await sluice.logged(({ bytesOut }) => bytesOut === GIB);
});

await t.test('256 MiB pass each way over HTTP/2, byte for byte, and the gateway stays small', async (t) => {
  const session = connectHttp2();
  t.teardown(() => session.destroy());
  const post = async (bytes: number): Promise<number> => {
    const stream = session.request({ ':method': 'POST', ':path': '/storage' });
    await writeLongBody(stream, bytes);
    return Number((await stream.setEncoding('utf8').toArray()).join(''));
  };
  const get = async (bytes: number): Promise<number> => readLongBody(session.request({ ':path': `/storage?${bytes}` }));
  const bytes = 256 * MIB;
  const grown = await growthDuring(async () => {
    t.equal(await post(bytes), bytes);
    t.equal(await get(bytes), bytes);
  });
  t.ok(grown < GROWTH_MIB_MAX, `${grown} MiB`);
});

await t.test('a client that stops reading stops the upstream, and costs no memory', async (t) => {
  const plain = await growthDuring(async () => {
    const sockets = Array.from({ length: STALLED_CLIENTS }, () => net.connect(sluice.httpPort));
    for (const socket of sockets) socket.pause().write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => flood.open === STALLED_CLIENTS);
    await standsStill(() => flooded);
    for (const socket of sockets) socket.destroy();
    await eventually(() => flood.open === 0);
  });
  t.ok(plain < GROWTH_MIB_MAX, `HTTP/1.1: ${plain} MiB`);
  const secure = await growthDuring(async () => {
    const session = connectHttp2();
    for (let i = 0; i < STALLED_CLIENTS; i++) session.request({ ':path': '/flood' }).pause().on('error', () => undefined);
    await eventually(() => flood.open === STALLED_CLIENTS);
    await standsStill(() => flooded);
    session.destroy();
    await eventually(() => flood.open === 0);
  });
  t.ok(secure < GROWTH_MIB_MAX, `HTTP/2: ${secure} MiB`);
});

await t.test('an upstream that stops reading stops the client, and costs no memory', async (t) => {
  const grown = await growthDuring(async () => {
    const clients = Array.from({ length: STALLED_CLIENTS }, () => net.connect(sluice.httpPort));
    for (const client of clients) {
      client.write(`POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: ${GIB}\r\n\r\n`);
      client.write(Buffer.alloc(32 * MIB));
    }
    await eventually(() => deaf.open === STALLED_CLIENTS);
    await standsStill(() => clients.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0));
    for (const client of clients) client.destroy();
  });
  t.ok(grown < GROWTH_MIB_MAX, `${grown} MiB`);
});
