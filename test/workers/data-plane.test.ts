import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/lib/clock.ts';
import { DataPlane } from '../../src/workers/data-plane.ts';
import type { GenerationPlan } from '../../src/workers/messages.ts';
import { makeCa, makeEntry, materialOf } from '../helpers/certificates.ts';
import { handshake, portOf } from '../helpers/handshake.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startFastifyApp, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort, WorkerPlans } from '../helpers/worker-plan.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { MemoryLines } from '../observe/memory-lines.ts';

interface TestPlane {
  readonly plane: DataPlane;
  readonly plans: WorkerPlans;
  readonly output: MemoryLines;
  readonly levels: readonly string[];
  /** Builds the plan and swaps to it, as the control plane does when all goes well. */
  readonly become: (plan: GenerationPlan) => Promise<{ readonly retired: Promise<number | null> }>;
}

function startPlane(t: Test): TestPlane {
  const plans = new WorkerPlans();
  const output = new MemoryLines();
  const levels: string[] = [];
  const logger = Object.assign(new MemoryLogger(), { setLevel: (level: string) => void levels.push(level), flush: () => undefined, dropped: 0 });
  const plane = new DataPlane(plans.init, { clock: systemClock, logger, output, onUncertified: () => undefined });
  t.teardown(async () => plane.drain(0));
  return {
    plane, plans, output, levels,
    async become(plan) {
      await plane.build(plan);
      return plane.swap(plan.generation);
    },
  };
}

function respond(port: number, body: string, more = ''): string {
  return `listen: { http: "127.0.0.1:${port}", ${more} }\nroutes: [{ respond: { body: "${body}" } }]`;
}

async function ask(client: RawClient, path = '/'): Promise<string> {
  return (await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse()).text;
}

await t.test('the first generation serves as soon as its ports are open, and a swap changes what answers, not the connection', async (t) => {
  const { plane, plans, become, levels } = startPlane(t);
  const port = await freePort();
  const first = plans.next(respond(port, 'first'));
  await plane.build(first);
  const client = await RawClient.connect({ port });
  t.equal(await ask(client), 'first');
  t.equal(await (await plane.swap(1)).retired, null, 'there was nothing before it');
  await plane.build(plans.next(`log: { level: debug }\n${respond(port, 'second')}`));
  t.equal(await ask(client), 'first', 'what is built is not in force yet');
  t.equal(await (await plane.swap(2)).retired, 1);
  t.equal(await ask(client), 'second');
  t.strictSame(levels, ['info', 'debug']);
  t.equal(await (await become(plans.next(respond(port, 'third')))).retired, 2);
  await t.rejects(plane.swap(2), /generation 2 was not built/);
  t.equal(await ask(client), 'third');
  client.destroy();
});

await t.test('an old generation serves its last request to the end, and is retired then', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const { plans, become } = startPlane(t);
  const port = await freePort();
  await become(plans.next(`listen: { http: "127.0.0.1:${port}" }\nroutes: [{ upstream: "${app.target}" }]`));
  const stream = await RawClient.connect({ port });
  await stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n').readUntil('event 1');
  const retired: (number | null)[] = [];
  const { retired: retiring } = await become(plans.next(respond(port, 'new')));
  void retiring.then((generation) => retired.push(generation));
  const client = await RawClient.connect({ port });
  t.equal(await ask(client), 'new');
  t.strictSame(retired, [], 'the stream is still its');
  stream.destroy();
  t.equal(await retiring, 1);
  client.destroy();
});

await t.test('ports come with a build and go with a swap; a generation that is discarded takes its own with it', async (t) => {
  const { plane, plans, become } = startPlane(t);
  const [one, two] = [await freePort(), await freePort()];
  await become(plans.next(respond(one, 'first')));
  const client = await RawClient.connect({ port: one });
  await plane.build(plans.next(respond(two, 'never')));
  (await RawClient.connect({ port: two })).destroy();
  await plane.discard(2);
  await t.rejects(RawClient.connect({ port: two }), { code: 'ECONNREFUSED' });
  await t.rejects(plane.swap(2), /was not built/);
  await plane.discard(99);
  await become(plans.next(respond(two, 'moved')));
  await t.rejects(RawClient.connect({ port: one }), { code: 'ECONNREFUSED' });
  t.equal(await ask(client), 'moved', 'a connection outlives the port it came by');
  client.destroy();
});

await t.test('what cannot be built changes nothing', async (t) => {
  const { plane, plans, become } = startPlane(t);
  const [one, two] = [await freePort(), await freePort()];
  await become(plans.next(respond(one, 'stays')));
  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  await t.rejects(plane.build(plans.next(`listen: { http: ["127.0.0.1:${two}", "${squatter.target}"] }\nroutes: [{ respond: {} }]`)), { name: 'PortError' });
  await t.rejects(RawClient.connect({ port: two }), { code: 'ECONNREFUSED' });
  const plan = plans.next(`listen: { http: "127.0.0.1:${one}" }\nupstreams: { a: "x:1" }\nroutes: [{ upstream: a }]`);
  await t.rejects(plane.build({ ...plan, cellIndex: {} }), /no shared cell was set aside/);
  const client = await RawClient.connect({ port: one });
  t.equal(await ask(client), 'stays');
  client.destroy();
});

await t.test('other limits are for new connections; old ones finish what they are at and go', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const { plans, become } = startPlane(t);
  const port = await freePort();
  const yaml = (limits: string): string => `listen: { http: "127.0.0.1:${port}", ${limits} }\nroutes: [{ path: /r, respond: { body: r } }, { upstream: "${app.target}" }]`;
  await become(plans.next(yaml('')));
  const [idle, stream] = [await RawClient.connect({ port }), await RawClient.connect({ port })];
  await ask(idle, '/r');
  await stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n').readUntil('event 1');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, 'open');
  const last = plans.next(yaml('limits: { headerSize: 1KB, connections: 3 }'));
  await become(last);
  t.match(await idle.write('GET /r HTTP/1.1\r\nHost: a\r\n\r\n').readResponse(), { text: 'r', headers: { connection: 'close' } }, 'no request is lost');
  await idle.closed;
  const large = await RawClient.connect({ port });
  t.equal((await large.write(`GET /r HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(2000)}\r\n\r\n`).readResponse()).status, 431, 'the new limit');
  await large.closed;
  socket.send('still here');
  t.equal(String((await once(socket, 'message'))[0]), 'still here');
  t.notOk(stream.socket.destroyed);
  await eventually(() => plans.connections(last) === 2);
  const third = await RawClient.connect({ port });
  t.equal(await ask(third, '/r'), 'r');
  const fourth = await RawClient.connect({ port });
  await fourth.closed;
  t.equal(fourth.received.length, 0, 'connections of before count with those of now');
  socket.terminate();
  for (const client of [stream, third]) client.destroy();
});

await t.test('certificates are swapped under a running listener', async (t) => {
  const { plane, plans, become } = startPlane(t);
  const ca = await makeCa();
  const [port, secure] = [await freePort(), await freePort()];
  const yaml = respond(port, 'x', `https: "127.0.0.1:${secure}"`);
  const serial = async (): Promise<string> => {
    const client = await RawClient.connect({ port: secure, tls: { ca: ca.cert, servername: 'localhost' } });
    const { serialNumber } = (client.socket as TLSSocket).getPeerCertificate();
    client.destroy();
    return serialNumber;
  };
  await become(plans.next(yaml, materialOf(await makeEntry(ca, ['localhost']))));
  const first = await serial();
  t.equal(await serial(), first);
  plane.useCertificates(materialOf(await makeEntry(ca, ['localhost'])));
  const second = await serial();
  t.not(second, first);
  await become(plans.next(yaml, materialOf(await makeEntry(ca, ['localhost']))));
  t.not(await serial(), second);
  await become(plans.next(respond(port, 'x')));
  await t.rejects(handshake(secure, { ca: ca.cert, servername: 'localhost' }), { code: 'ECONNREFUSED' });
});

await t.test('a drain with nothing open is over at once; one with a stream ends at its time and says how many were cut', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const { plane, plans, become, output } = startPlane(t);
  const port = await freePort();
  await become(plans.next(`accessLog: json\nlisten: { http: "127.0.0.1:${port}" }\nroutes: [{ upstream: "${app.target}" }]`));
  const stream = await RawClient.connect({ port });
  await stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n').readUntil('event 1');
  const startMs = performance.now();
  t.equal(await plane.drain(300), 1);
  t.ok(performance.now() - startMs >= 300, 'not before its time');
  await stream.closed;
  t.match(output.lines.map((line) => JSON.parse(line) as unknown), [{ path: '/events', status: 200 }], 'what was cut is in the log when the drain ends');
  t.equal(output.flushes > 0, true);
  t.equal(await plane.drain(60_000), 0);
});

await t.test('a WebSocket that is agreed on during a drain is told to go as well', async (t) => {
  const { plane, plans, become } = startPlane(t);
  const port = await freePort();
  const held: (() => void)[] = [];
  const app = await slowWebSocketApp(t, held);
  await become(plans.next(`listen: { http: "127.0.0.1:${port}" }\nroutes: [{ upstream: "${app}" }]`));
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const closed = once(socket, 'close');
  await eventually(() => held.length === 1);
  const draining = plane.drain(5000);
  held[0]?.();
  t.equal((await closed)[0], 1001);
  t.equal(await draining, 0);
});

/** Agrees to an upgrade when the test says so; gives its target. */
async function slowWebSocketApp(t: Test, held: (() => void)[]): Promise<string> {
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket, head) => void held.push(() => sockets.handleUpgrade(request, socket, head, () => undefined)));
  await once(server, 'listening');
  t.teardown(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${portOf(server)}`;
}
