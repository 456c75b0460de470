import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { Readable } from 'node:stream';
import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const EVENTS = 5;

/** Streams that are open now, and the headers of the last request. */
const streams = new Set<ServerResponse>();
let lastHeaders: IncomingHttpHeaders = {};

/** A stream on every path but /stall, where an ordinary answer begins and never ends. */
const upstream = await startHttpUpstream((request, response) => {
  lastHeaders = request.headers;
  const stalls = request.url?.endsWith('/stall') === true;
  response.writeHead(200, { 'content-type': stalls ? 'text/plain' : 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (stalls) return;
  streams.add(response);
  response.on('close', () => streams.delete(response));
});

const CONFIG = `
listen:
  http: 127.0.0.1:0
  https: 127.0.0.1:0
  admin: off
  limits: { connectionsPerAddress: 2000 }
  timeouts: { body: 200ms, send: 200ms }
upstreams: { app: "${upstream.target}" }
defaults: { https: both }
routes:
  - { upstream: app }
  - { path: /bounded/*, upstream: app, timeouts: { response: 200ms, idle: 200ms, total: 300ms } }
  - { path: /short/*, upstream: app, timeouts: { stream: 300ms } }
  - { path: /two/*, upstream: app, streams: 2 }
`;
const gateway = await startGateway(t, CONFIG, { https: true });
t.teardown(async () => upstream.close());

function send(text: string): void {
  for (const stream of streams) stream.write(text);
}

async function nobodyListens(): Promise<void> {
  await eventually(() => streams.size === 0 && upstream.open === 0, 10_000);
}

/** What a client has read of its stream, and whether the stream has come to its end or was broken off. */
class Listener {
  readonly stream: Readable;
  readonly type: string;
  text = '';
  outcome: 'open' | 'ended' | 'broken' = 'open';
  readonly #cancel: () => void;

  constructor(stream: Readable, type: string, cancel: () => void) {
    this.stream = stream;
    this.type = type;
    this.#cancel = cancel;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => { this.text += text; });
    stream.on('end', () => { this.outcome = 'ended'; });
    stream.on('error', () => { this.outcome = 'broken'; });
  }

  cancel(): void {
    this.#cancel();
  }
}

type Connect = (path?: string, headers?: Record<string, string>) => Promise<Listener>;

function overHttp1(secure: boolean): Connect {
  return async (path = '/', headers = {}) => {
    const options = { path, headers, host: '127.0.0.1', agent: false };
    const request = secure
      ? https.get({ ...options, port: gateway.httpsPort, ca: gateway.ca })
      : http.get({ ...options, port: gateway.httpPort });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new Listener(response, response.headers['content-type'] ?? '', () => request.destroy());
  };
}

/** Streams over as few connections as the gateway allows. */
function overHttp2(): Connect {
  const sessions: http2.ClientHttp2Session[] = [];
  let opened = 0;
  t.teardown(() => sessions.forEach((session) => session.destroy()));
  return async (path = '/', headers = {}) => {
    if (opened++ % 100 === 0) sessions.push(http2.connect(`https://127.0.0.1:${gateway.httpsPort}`, { ca: gateway.ca }));
    const stream = sessions.at(-1)!.request({ ':path': path, ...headers });
    const [response] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    return new Listener(stream, response['content-type'] ?? '', () => stream.close(http2.constants.NGHTTP2_CANCEL));
  };
}

const PROTOCOLS: readonly (readonly [name: string, clients: number, connect: Connect])[] = [
  ['HTTP/1.1', 1000, overHttp1(false)],
  ['HTTP/1.1 over TLS', 250, overHttp1(true)],
  ['HTTP/2', 1000, overHttp2()],
];

for (const [protocol, clients, connect] of PROTOCOLS) {
  await t.test(`${clients} clients at once get every event in order, each before the next is sent, over ${protocol}`, async (t) => {
    // The head has come, although the upstream has not said a word of the body.
    const listeners = await Promise.all(Array.from({ length: clients }, async () => connect()));
    t.equal(streams.size, clients);
    let sent = '';
    for (let id = 1; id <= EVENTS; id++) {
      const event = `id: ${id}\ndata: {"n":${id}}\n\n`;
      send(event);
      sent += event;
      await eventually(() => listeners.every(({ text }) => text.length >= sent.length), 10_000);
    }
    t.ok(listeners.every(({ text, type }) => text === sent && type === 'text/event-stream; charset=utf-8'));
    for (const listener of listeners) listener.cancel();
    await nobodyListens();
  });

  await t.test(`what bounds ordinary answers does not cut a quiet stream over ${protocol}`, async (t) => {
    const listener = await connect('/bounded/events');
    // Stalled ordinary answers measure the time: they begin after the stream and are cut by the same route.
    for (let answers = 1; answers <= 2; answers++) {
      const stalled = await connect('/bounded/stall');
      await eventually(() => stalled.outcome !== 'open', 5000);
      t.equal(stalled.outcome, 'broken');
    }
    send('data: after the silence\n\n');
    await eventually(() => listener.text === 'data: after the silence\n\n');
    t.equal(listener.outcome, 'open');
    listener.cancel();
    await nobodyListens();
  });

  await t.test(`a stream without an event is cut after its own time-out over ${protocol}`, async (t) => {
    const listener = await connect('/short/events');
    send('data: one\n\n');
    await eventually(() => listener.outcome !== 'open', 5000);
    t.match(listener, { outcome: 'broken', text: 'data: one\n\n' });
    await nobodyListens();
  });

  await t.test(`the end of a stream is told from its breaking off over ${protocol}`, async (t) => {
    const listeners = [await connect(), await connect()];
    const [ended, broken] = [...streams];
    ended?.end('data: the last\n\n');
    await eventually(() => listeners[0]?.outcome === 'ended');
    t.equal(listeners[0]?.text, 'data: the last\n\n');
    broken?.write('data: half');
    await eventually(() => listeners[1]?.text === 'data: half');
    broken?.destroy();
    await eventually(() => listeners[1]?.outcome === 'broken');
  });

  await t.test(`a client that reconnects says where it was over ${protocol}`, async (t) => {
    const listener = await connect('/events', { 'last-event-id': '41', 'accept': 'text/event-stream' });
    t.match(lastHeaders, { 'last-event-id': '41', 'accept': 'text/event-stream' });
    listener.cancel();
    await eventually(() => streams.size === 0);
  });

  await t.test(`streams above the limit of a route are refused until one has ended, over ${protocol}`, async (t) => {
    const listeners = [await connect('/two/events'), await connect('/two/events')];
    t.equal((await connect('/two/events')).type, 'application/problem+json');
    await eventually(() => streams.size === 2);
    listeners[0]?.cancel();
    await eventually(() => streams.size === 1);
    listeners.push(await connect('/two/events'));
    t.equal(listeners[2]?.type, 'text/event-stream; charset=utf-8');
    for (const listener of listeners) listener.cancel();
    await nobodyListens();
  });
}

await t.test('a reload leaves streams as they are', async (t) => {
  const listeners = await Promise.all(PROTOCOLS.map(async ([, , connect]) => connect()));
  gateway.write(`${CONFIG}  - { path: /new, respond: { body: new } }\n`);
  t.ok((await gateway.plane.reload()).ok);
  t.equal(await (await fetch(`http://127.0.0.1:${gateway.httpPort}/new`)).text(), 'new', 'the new configuration is in force');
  send('data: after the reload\n\n');
  await eventually(() => listeners.every(({ text }) => text === 'data: after the reload\n\n'));
  for (const listener of listeners) listener.cancel();
  await nobodyListens();
});

await t.test('one slow reader delays nobody else', async (t) => {
  const connect = overHttp2();
  const [slow, fast] = [await connect(), await connect()];
  slow.stream.pause();
  const event = `data: ${'x'.repeat(32 * 1024)}\n\n`;
  for (let events = 1; events <= 20; events++) {
    send(event);
    await eventually(() => fast.text.length === events * event.length);
  }
  t.ok(slow.text.length < event.length);
});
