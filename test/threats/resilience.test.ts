import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import net from 'node:net';
import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { openFiles } from '../helpers/open-files.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { OK, refusingPort } from '../helpers/scripted-upstream.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { answerWith, echoRequest, readText, startHttpUpstream, startRawUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const HOST = 'Host: a.test\r\n';
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;

/** What a raw upstream does when it has read the head of a request; `nth` counts from 1 on each connection. */
type Reaction = (socket: net.Socket, nth: number, head: string) => void;

interface Recorder {
  /** First lines of all requests that arrived, from whichever connection. */
  readonly seen: string[];
  react: Reaction;
  readonly upstream: TestUpstream;
}

async function startRecorder(): Promise<Recorder> {
  const seen: string[] = [];
  const upstream = await startRawUpstream((socket) => {
    let nth = 0;
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      if (!/ HTTP\/1\.1\r\n/.test(text)) return;
      seen.push(text.slice(0, text.indexOf(' HTTP/1.1')));
      recorder.react(socket, ++nth, text);
    });
  });
  t.teardown(async () => upstream.close());
  const recorder: Recorder = { seen, upstream, react: (socket) => void socket.write(OK) };
  return recorder;
}

/** One request on a connection of its own. */
async function ask(port: number, request: string): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  const response = await client.write(request).readResponse();
  client.destroy();
  return response;
}

const first = await startRecorder();
const second = await startRecorder();
const echo = await startHttpUpstream(echoRequest);
t.teardown(async () => echo.close());
const nobody = await refusingPort();
const gateway = await startGateway(t, `
defaults: { https: both }
upstreams:
  one: ${first.upstream.target}
  two: { targets: ["${first.upstream.target}", "${second.upstream.target}"], timeouts: { response: 200ms }, eject: off, retry: { budget: 100% }, keepAlive: { connections: 0 } }
  half: { targets: ["127.0.0.1:${nobody}", "${echo.target}"], failTimeout: off }
  down: { targets: ["127.0.0.1:${nobody}", "127.0.0.2:${nobody}", "127.0.0.3:${nobody}"] }
routes:
  - { path: /one/*, upstream: one }
  - { path: /two/*, upstream: two }
  - { path: /half/*, upstream: half }
  - { path: /down/*, upstream: down }
`, { https: true });

/** Also right for HEAD: behind its answer nothing may come, or the connection is closed. */
const NO_BODY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

const METHODS = [
  ['GET', '', true], ['HEAD', '', true], ['OPTIONS', '', true], ['DELETE', '', true], ['PUT', 'Content-Length: 0\r\n', true],
  ['POST', 'Content-Length: 0\r\n', false], ['PATCH', 'Content-Length: 0\r\n', false], ['LOCK', '', false],
  ['PUT', 'Content-Length: 4\r\n\r\nbody', true], ['DELETE', 'Content-Length: 4\r\n\r\nbody', true], ['POST', 'Content-Length: 4\r\n\r\nbody', false],
] as const;

await t.test('threat: a request that met a closing connection is sent again only if that is harmless', async (t) => {
  for (const [method, rest, repeats] of METHODS) {
    const name = `${method}${rest.includes('body') ? ' with a body' : ''}`;
    first.react = (socket, nth) => (nth === 1 ? socket.write(NO_BODY) : socket.destroy());
    t.equal((await ask(gateway.httpPort, `GET /one/warm HTTP/1.1\r\n${HOST}\r\n`)).status, 200);
    first.seen.length = 0;
    const client = await RawClient.connect({ port: gateway.httpPort });
    client.write(`${method} /one/again HTTP/1.1\r\n${HOST}${rest.includes('body') ? rest : `${rest}\r\n`}`);
    const { status } = await client.readResponse({ method });
    t.strictSame([status, first.seen.length], repeats ? [200, 2] : [502, 1], `${name}: ${repeats ? 'once more' : 'never'}`);
    client.destroy();
    await eventually(() => first.upstream.open === (repeats ? 1 : 0));
    // What the repetition left in the pool must not serve the next turn.
    first.react = (socket) => socket.end(NO_BODY.replace('\r\n', '\r\nConnection: close\r\n'));
    if (repeats) await ask(gateway.httpPort, `GET /one/cold HTTP/1.1\r\n${HOST}\r\n`);
    await eventually(() => first.upstream.open === 0);
  }
});

await t.test('threat: it is sent again once, and not at all when an answer has begun', async (t) => {
  const reactions: [string, Reaction, number, number][] = [
    ['every connection dies', (socket, nth, head) => (head.includes('/warm') && nth === 1 ? socket.write(OK) : socket.destroy()), 2, 502],
    ['the answer had begun', (socket, nth) => (nth === 1 ? socket.write(OK) : socket.end('HTTP/1.1 20')), 1, 502],
    ['a 1xx had come', (socket, nth) => (nth === 1 ? socket.write(OK) : socket.end('HTTP/1.1 103 Early Hints\r\n\r\n')), 1, 502],
  ];
  for (const [what, react, tries, status] of reactions) {
    first.react = react;
    await ask(gateway.httpPort, `GET /one/warm HTTP/1.1\r\n${HOST}\r\n`);
    first.seen.length = 0;
    const client = await RawClient.connect({ port: gateway.httpPort });
    client.write(`GET /one/again HTTP/1.1\r\n${HOST}\r\n`);
    const heads = await client.readUntil((received) => /HTTP\/1\.1 [2-5]/.test(received.toString()));
    t.match(heads, new RegExp(`HTTP/1\\.1 ${status} `), what);
    t.equal(first.seen.length, tries, what);
    client.destroy();
  }
});

const SPOILS: readonly (readonly [what: string, react: Reaction, status: number])[] = [
  ['reset at once', cut, 502],
  ['closed without an answer', (socket) => socket.end(), 502],
  ['closed within its head', (socket) => socket.end('HTTP/1.1 20'), 502],
  ['no answer in time', () => undefined, 504],
  ['not HTTP', (socket) => socket.end('220 mail ready\r\n'), 502],
];

const REFUSAL: (typeof SPOILS)[number] = ['503 from the application', (socket) => socket.end('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n'), 503];

function answer(socket: net.Socket): void {
  socket.write(OK);
}

function cut(socket: net.Socket): void {
  socket.resetAndDestroy();
}

/** What both targets of `two` have seen, after `reactTo` was told to each. */
function recorders(reactions: readonly [Reaction, Reaction]): () => string[] {
  for (const [index, recorder] of [first, second].entries()) {
    recorder.react = reactions[index] ?? reactions[0];
    recorder.seen.length = 0;
  }
  return () => [...first.seen, ...second.seen];
}

await t.test('threat: a request that must not happen twice is sent once, whatever becomes of it', async (t) => {
  for (const [what, react, expected] of [...SPOILS, REFUSAL]) {
    const seen = recorders([react, react]);
    let sent = 0;
    for (const method of ['POST', 'PATCH', 'LOCK']) {
      for (const body of ['', 'hi']) {
        sent++;
        t.equal((await ask(gateway.httpPort, `${method} /two/${sent} HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`)).status, expected, what);
      }
    }
    t.strictSame([seen().length, new Set(seen()).size], [sent, sent], `${what}: each was sent once`);
  }
});

await t.test('an idempotent request is answered by the target that is well, and by nobody more than once', async (t) => {
  for (const [what, react] of SPOILS) {
    for (const spoiled of [0, 1]) {
      const seen = recorders(spoiled === 0 ? [react, answer] : [answer, react]);
      let sent = 0;
      for (const rest of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT']) {
        for (const body of rest === 'PUT' ? ['', 'hi'] : ['']) {
          sent++;
          const client = await RawClient.connect({ port: gateway.httpPort });
          client.write(`${rest} /two/${sent} HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`);
          t.equal((await client.readResponse({ method: rest })).status, 200, `${rest}: ${what}`);
          client.destroy();
        }
      }
      for (const { seen: own } of [first, second]) t.equal(new Set(own).size, own.length, `${what}: no target sees a request twice`);
      t.ok(seen().length > sent, 'some were tried again');
      t.ok(seen().length <= 2 * sent);
    }
  }
});

await t.test('threat: with every target failing, each is asked once and the error is said', async (t) => {
  for (const [what, react, expected] of SPOILS.slice(0, 2)) {
    const seen = recorders([react, react]);
    t.equal((await ask(gateway.httpPort, `GET /two/ HTTP/1.1\r\n${HOST}\r\n`)).status, expected, what);
    t.strictSame([first.seen.length, second.seen.length, seen().length], [1, 1, 2]);
  }
});

await t.test('threat: retries cannot become a storm: with every target failing, the attempts stay within the budget', async (t) => {
  const storm = await startGateway(t, `
upstreams: { all: { targets: ["${first.upstream.target}", "${second.upstream.target}"], retry: { attempts: 10, budget: 20% } } }
routes: [{ upstream: all }]`);
  const seen = recorders([cut, cut]);
  const requests = 300;
  for (let i = 0; i < requests; i += 20) await Promise.all(Array.from({ length: 20 }, async () => ask(storm.httpPort, GET)));
  t.ok(seen().length >= requests, 'each is tried');
  t.ok(seen().length <= requests * 1.2 + 3, `${seen().length} attempts of ${requests} requests`);
});

await t.test('a target that refuses connections is passed over, for requests with a body too: nothing was sent', async (t) => {
  for (let i = 0; i < 6; i++) {
    const { status, text } = await ask(gateway.httpPort, `POST /half/ HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody`);
    t.match([status, JSON.parse(text)], [200, { method: 'POST', body: 'body' }]);
  }
});

await t.test('all targets down: 503, Retry-After, never cached, and at once', async (t) => {
  const { status, headers, text } = await ask(gateway.httpPort, `GET /down/ HTTP/1.1\r\n${HOST}\r\n`);
  t.match({ status, headers }, { status: 503, headers: { 'retry-after': /^[1-9]\d*$/, 'cache-control': 'no-store', 'content-type': 'application/problem+json' } });
  t.match(JSON.parse(text), { status: 503, code: 'upstream_connect_failed' });
  t.notMatch(text, /127\.0\.0|ECONN/, 'nothing about the inside is told');
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.match(await requestH2(session, { ':path': '/down/' }), { status: 503, headers: { 'retry-after': /^[1-9]\d*$/, 'cache-control': 'no-store' } });
});

await t.test('threat: a burst of refused connections costs nothing that lasts, and the upstream is used as soon as it is back', async (t) => {
  const statuses = await Promise.all(Array.from({ length: 300 }, async () => (await ask(gateway.httpPort, `GET /down/ HTTP/1.1\r\n${HOST}\r\n`)).status));
  t.strictSame([...new Set(statuses)], [503]);
  t.ok(gateway.plane.status().targets.every(({ inFlight }) => inFlight === 0));
  const back = net.createServer((socket) => answerWith(OK)(socket.on('error', () => undefined)));
  back.listen(nobody, '127.0.0.1');
  await once(back, 'listening');
  t.teardown(() => back.close());
  // The burst has used up the budget of retries, so it is the control plane that finds the one that is back.
  await eventually(() => gateway.plane.status().targets.some(({ upstream, key, state }) => upstream === 'down' && key === `127.0.0.1:${nobody}` && state === 'up'));
  for (let i = 0; i < 6; i++) t.equal((await ask(gateway.httpPort, `GET /down/ HTTP/1.1\r\n${HOST}\r\n`)).status, 200);
});

await t.test('threat: garbage behind an answer reaches neither this client nor the next', async (t) => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
  const reactions: [string, Reaction][] = [
    ['in the same segment', (socket) => socket.write(`${OK}${poison}`)],
    ['a little later', (socket) => {
      socket.write(OK);
      setImmediate(() => socket.write(poison));
    }],
    ['a lone line break', (socket) => socket.write(`${OK}\r\n`)],
  ];
  for (const [what, react] of reactions) {
    first.react = react;
    const before = first.upstream.connections;
    const client = await RawClient.connect({ port: gateway.httpPort });
    for (let i = 1; i <= 3; i++) {
      client.write(`GET /one/ HTTP/1.1\r\n${HOST}\r\n`);
      t.equal((await client.readResponse()).text, 'ok', what);
      await eventually(() => first.upstream.open === 0);
      t.equal(first.upstream.connections - before, i, `${what}: that connection serves nobody else`);
    }
    t.equal(client.received.length, 0);
    client.destroy();
  }
});

await t.test('threat: a request that goes round in circles ends with 508', async (t) => {
  const loop = await startGateway(t, 'routes: [{ respond: {} }]', { https: true });
  loop.write(`routes: [{ https: both, upstream: "127.0.0.1:${loop.httpPort}" }]`);
  t.match(await loop.plane.reload(), { ok: true });
  const { status, text, headers } = await ask(loop.httpPort, GET);
  t.match({ status, text, headers }, { status: 508, text: /loop_detected/ });
  const session = await connectH2(t, loop.httpsPort, loop.ca);
  t.equal((await requestH2(session, { ':path': '/' })).status, 508, 'one that came over HTTP/2 as well');
  t.equal((await ask(loop.httpPort, `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody`)).status, 508, 'and one with a body');
  const upgrade = `GET / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`;
  t.equal((await ask(loop.httpPort, upgrade)).status, 508, 'and a WebSocket');
  await eventually(() => loop.plane.status().targets.every(({ inFlight }) => inFlight === 0));
});

await t.test('threat: clients that leave at any moment leave nothing behind', async (t) => {
  const random = new SeededRandom(14);
  const upstream = await startHttpUpstream(async (request, response) => {
    if (request.url === '/mute') return;
    await readText(request);
    response.writeHead(200, { 'content-type': request.url === '/events' ? 'text/event-stream' : 'text/plain' });
    for (let i = 0; i < 20 && !response.destroyed; i++) response.write('x'.repeat(16 * 1024));
    if (request.url !== '/events') response.end();
  });
  t.teardown(async () => upstream.close());
  const sluice = await startSluice(t, `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
upstreams: { app: { targets: "${upstream.target}", keepAlive: { connections: 0 } } }
routes: [{ https: both, upstream: app }]
`, { https: true });
  const pid = sluice.child.pid ?? 0;
  t.equal((await ask(sluice.httpPort, GET)).status, 200);
  await eventually(() => upstream.open === 0);
  const before = openFiles(pid);

  const requestOf = (): string => random.pick([
    GET, `GET /mute HTTP/1.1\r\n${HOST}\r\n`, `GET /events HTTP/1.1\r\n${HOST}\r\n`, `${GET}${GET}GET /mute HTTP/1.1\r\n${HOST}\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n${'x'.repeat(random.integer(100_000))}`,
    `POST /mute HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
    `GET /mute HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ]);
  const leaveHttp1 = async (): Promise<void> => {
    const socket = net.connect(sluice.httpPort, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const request = requestOf();
    socket.write(random.chance(0.2) ? request.slice(0, random.integer(request.length)) : request);
    if (random.chance(0.5)) socket.resume();
    await afterTurns(random.integer(40));
    if (random.chance(0.3)) socket.resetAndDestroy();
    else if (random.chance(0.4)) socket.resume().end();
    else socket.destroy();
    if (!socket.destroyed) await Promise.race([once(socket, 'close'), afterTurns(2000)]);
    socket.destroy();
  };
  const leaveHttp2 = async (): Promise<void> => {
    const session = connectHttp2(`https://127.0.0.1:${sluice.httpsPort}`, { rejectUnauthorized: false });
    session.on('error', () => undefined);
    await once(session, 'connect');
    for (let i = 0; i < 10; i++) {
      const path = random.pick(['/', '/mute', '/events']);
      const stream = session.request({ ':path': path, ':method': random.pick(['GET', 'POST']) }, { endStream: random.chance(0.5) });
      stream.on('error', () => undefined);
      if (random.chance(0.5)) stream.resume();
      await afterTurns(random.integer(20));
      if (random.chance(0.5)) stream.close(random.integer(14));
    }
    session.destroy();
  };
  for (let round = 0; round < 20; round++) {
    await Promise.all([...Array.from({ length: 15 }, leaveHttp1), leaveHttp2()]);
  }

  await eventually(() => upstream.open === 0, 5000);
  t.ok(upstream.connections > 200, `all ${upstream.connections} connections to the upstream are closed`);
  const health = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${sluice.adminPort}/health`)).json();
  await eventually(async () => JSON.stringify(await health()).includes('"inFlight":0'));
  // The connection that asks for the health is one of them.
  if (before !== null) await eventually(() => (openFiles(pid) ?? 0) <= before + 2, 5000);
  t.equal((await ask(sluice.httpPort, GET)).status, 200);
  t.equal(sluice.child.exitCode, null);
  t.notMatch(sluice.output(), /bug:/);
});

async function afterTurns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
