import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import t from 'tap';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { Http2WebSocket, OPCODE } from '../helpers/http2-websocket.ts';
import { MetricsPage, parseMetrics, Scraper, seriesOf, sumOf, type Counts } from '../helpers/metrics-page.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { RequestLedger } from '../helpers/request-ledger.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { readText, startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const EVENTS = 'data: one\n\ndata: two\n\n';
const CONNECTIONS_MAX = 60;
/** Of a WebSocket: text of five letters, from a client with the mask 0. */
const FRAME = Buffer.from([0x81, 0x85, 0, 0, 0, 0, 104, 101, 108, 108, 111]);
interface App {
  readonly server: TestUpstream;
  readonly events: ServerResponse[];
  readonly held: ServerResponse[];
  /** Requests that it was sent, upgrades included. */
  count: number;
  failures: number;
}

async function startApp(): Promise<App> {
  const app = { events: [] as ServerResponse[], held: [] as ServerResponse[], count: 0, failures: 0 };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '';
    app.count += 1;
    if (url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(EVENTS);
      app.events.push(response);
    } else if (url === '/held') {
      app.held.push(response);
    } else if (url === '/late') {
      app.failures += 1;
    } else if (url === '/cut') {
      app.failures += 1;
      request.socket.destroy();
    } else {
      const status = Number(/\d{3}$/.exec(url)?.[0] ?? 200);
      const { length } = await readText(request);
      if (status >= 500) app.failures += 1;
      response.writeHead(status, { 'Content-Type': 'text/plain' }).end(status === 304 ? '' : 'x'.repeat(1000 + length));
    }
  };
  const upgrade = (_request: IncomingMessage, socket: Duplex): void => {
    app.count += 1;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
  };
  const server = await startHttpUpstream(answer, { upgrade });
  return Object.assign(app, { server });
}

const [app, bad, good] = [await startApp(), await startHttpUpstream((_request, response) => void response.writeHead(503).end('no')), await startHttpUpstream((_request, response) => void response.end('well'))];
const dead = `127.0.0.1:${await refusingPort()}`;
t.teardown(async () => Promise.all([app.server, bad, good].map(async (server) => server.close())));

const sluice = await startSluice(t, `
workers: 2
accessLog: off
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0", limits: { connections: ${CONNECTIONS_MAX} } }
upstreams:
  app: { targets: ["${app.server.target}"], eject: off, breaker: { errors: 100%, requests: 100000 }, retry: { attempts: 0 } }
  pair: { targets: ["${bad.target}", "${good.target}"], eject: off, balance: round-robin, retry: { attempts: 1, on: [503], budget: 100% } }
  dead: { targets: ["${dead}"], eject: off, maxFails: 0, retry: { attempts: 0 } }
defaults: { https: both }
routes:
  - { name: app, host: localhost, path: /app/*, upstream: app, stripPrefix: /app, timeouts: { response: 20s } }
  - { name: live, host: localhost, path: /live/*, upstream: app, stripPrefix: /live }
  - { name: short, host: localhost, path: /short/*, upstream: app, stripPrefix: /short, timeouts: { response: 100ms } }
  - { name: small, host: localhost, path: /small, upstream: app, maxBody: 1KB }
  - { name: pair, host: localhost, path: /pair, upstream: pair }
  - { name: dead, host: localhost, path: /dead, upstream: dead }
  - { name: fixed, host: localhost, path: /fixed, respond: { status: 204 } }
  - { name: old, host: localhost, path: /old, redirect: /fixed }
  - { name: denied, host: localhost, path: /denied, respond: {}, ip: { deny: 127.0.0.1 } }
  - { name: read-only, host: localhost, path: /read-only, methods: [GET], respond: { body: read } }
  - { name: limited, host: localhost, path: /limited, respond: { body: well }, rateLimit: { limits: [5/hour] } }
  - { name: unused, host: localhost, path: /unused, respond: {} }
`, { https: true });
const page = new MetricsPage(sluice.adminPort);
const ca = readFileSync(path.join(sluice.dir, 'certs', 'ca.crt'), 'utf8');
const ledger = new RequestLedger();
/** TLS handshakes by the labels of their metric. */
const handshakes: Record<string, number> = {};

interface Asked {
  readonly method?: string;
  readonly host?: string;
  readonly body?: string;
  /** Over TLS, with these. */
  readonly tls?: ConnectionOptions;
}

function noteHandshake(socket: Socket): void {
  const secure = socket as TLSSocket;
  const labels = `version="${secure.getProtocol()}",resumed="${secure.isSessionReused()}"`;
  handshakes[labels] = (handshakes[labels] ?? 0) + 1;
}

async function connected(tls?: ConnectionOptions): Promise<RawClient> {
  if (tls === undefined) return RawClient.connect({ port: sluice.httpPort });
  const client = await RawClient.connect({ port: sluice.httpsPort, tls: { ca, servername: 'localhost', ...tls } });
  noteHandshake(client.socket);
  return client;
}

/** A request on a connection of its own, so that it goes to whichever worker the kernel chooses. */
async function ask(route: string, target: string, { method = 'GET', host = 'localhost', body = '', tls }: Asked = {}): Promise<void> {
  const client = await connected(tls);
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  client.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${length}\r\n${body}`);
  const response = await client.readResponse({ method, timeoutMs: 20_000 });
  ledger.note({ route, method, status: response.status, contentType: response.headers['content-type'] ?? '', body: response.body, sent: route === 'app' ? body.length : 0 });
  client.destroy();
}

async function repeat(times: number, run: (index: number) => Promise<void>): Promise<void> {
  for (let index = 0; index < times; index += 1) await run(index);
}

/** Bytes that are no request, or none that can be taken. */
async function send(bytes: string, method: string): Promise<void> {
  const client = await connected();
  const { status, headers, body } = await client.write(bytes).readResponse({ timeoutMs: 20_000 });
  ledger.note({ route: '', method, status, contentType: headers['content-type'] ?? '', body });
  client.destroy();
}

async function askH2(session: ClientHttp2Session, route: string, target: string, method = 'GET', body = ''): Promise<void> {
  const answer = await requestH2(session, { ':path': target, ':method': method }, body === '' ? null : body);
  ledger.note({ route, method, status: answer.status, contentType: answer.headers['content-type'] ?? '', body: answer.body, sent: route === 'app' ? body.length : 0 });
}

async function overTls(): Promise<void> {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await connected({ maxVersion });
    const ticket = maxVersion === 'TLSv1.3' ? once(first.socket, 'session') : null;
    const { status, body } = await first.write('GET /app/200 HTTP/1.1\r\nHost: localhost\r\n\r\n').readResponse({ timeoutMs: 20_000 });
    ledger.note({ route: 'app', method: 'GET', status, body });
    const session = ticket === null ? (first.socket as TLSSocket).getSession() : (await ticket as [Buffer])[0];
    first.destroy();
    await repeat(6, async () => ask('app', '/app/200', { tls: { maxVersion, ...(session !== undefined && { session }) } }));
    await repeat(3, async () => ask('fixed', '/fixed', { tls: { maxVersion } }));
  }
}

async function overHttp2(): Promise<void> {
  const session = await connectH2(t, sluice.httpsPort, ca);
  noteHandshake(session.socket);
  await Promise.all(Array.from({ length: 40 }, async () => askH2(session, 'app', '/app/200')));
  await Promise.all(Array.from({ length: 10 }, async () => askH2(session, 'app', '/app/201', 'POST', 'y'.repeat(300))));
  await Promise.all(Array.from({ length: 10 }, async (_, index) => askH2(session, '', `/nowhere/${index}`)));
  await repeat(5, async (index) => askH2(session, '', '/fixed', `BREW${index}`));
  await askH2(session, 'denied', '/denied');
  session.close();
  await once(session, 'close');
}

async function overHttp1(): Promise<void> {
  await repeat(20, async () => ask('app', '/app/200'));
  for (const status of [201, 304, 404, 418, 500, 503]) await repeat(5, async () => ask('app', `/app/${status}`));
  for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) await repeat(3, async () => ask('app', '/app/200', { method }));
  await repeat(10, async (index) => ask('app', '/app/200', { method: 'POST', body: 'z'.repeat(index * 100 + 1) }));
}

async function withErrors(): Promise<void> {
  await repeat(5, async () => ask('app', '/app/cut', { method: 'POST' }));
  await repeat(3, async () => ask('short', '/short/late'));
  await repeat(4, async () => ask('small', '/small', { method: 'POST', body: 'b'.repeat(2000) }));
  await repeat(6, async () => ask('dead', '/dead'));
  await repeat(7, async () => ask('denied', '/denied'));
  await repeat(3, async () => ask('', '/read-only', { method: 'DELETE' }));
  await repeat(12, async () => ask('limited', '/limited'));
  await repeat(4, async () => ask('old', '/old'));
  await repeat(20, async (index) => ask('', `/${index}`, { host: `h${index}.test` }));
  await repeat(2, async () => send('GARBAGE\r\n\r\n', ''));
  await repeat(2, async () => send('GET / HTTP/1.1\r\n\r\n', 'GET'));
  await repeat(2, async () => send('GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n', 'GET'));
  await repeat(2, async () => send(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, ''));
}

/** Many requests on one connection, until the page was looked at often enough. */
async function keptAlive(): Promise<void> {
  const client = await connected();
  for (let index = 0; index < 100 || scraper.scrapes < 25; index += 1) {
    const { status, body } = await client.write('GET /app/200 HTTP/1.1\r\nHost: localhost\r\n\r\n').readResponse({ timeoutMs: 20_000 });
    ledger.note({ route: 'app', method: 'GET', status, body });
  }
  client.destroy();
}

/** Clients that leave before they are answered. */
async function leaving(): Promise<void> {
  for (let index = 0; index < 3; index += 1) {
    const client = await connected();
    client.write('GET /app/held HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually(() => app.held.length > index, 20_000);
    client.destroy();
    ledger.noteEnd({ route: 'app', method: 'GET', status: 499, code: 'client_closed', received: 0, sent: 0, isTunnel: false });
  }
}

/** Event streams and WebSockets, all of which are open together when `look` is called. */
async function lasting(look: () => Promise<void>): Promise<void> {
  const session = await connectH2(t, sluice.httpsPort, ca);
  noteHandshake(session.socket);
  const h2Stream = session.request({ ':path': '/live/events' });
  const h2Events = answerOf(h2Stream);
  const streams = await Promise.all([connected(), connected(), connected({})]);
  for (const client of streams) client.write('GET /live/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await eventually(() => app.events.length === 4, 20_000);
  const sockets = await Promise.all([connected(), connected({})]);
  for (const client of sockets) {
    client.write('GET /live/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
    await client.readUntil('\r\n\r\n', 20_000);
    client.write(FRAME);
    await client.readUntil((received) => received.length === FRAME.length, 20_000);
  }
  const h2Socket = await Http2WebSocket.open(session, '/live/ws');
  h2Socket.send(OPCODE.text, 'hello');
  await look();
  for (const response of app.events) response.end();
  for (const client of streams) {
    const { status, body } = await client.readResponse({ timeoutMs: 20_000 });
    ledger.note({ route: 'live', method: 'GET', status, body });
    client.destroy();
  }
  const { status, body } = await h2Events;
  ledger.note({ route: 'live', method: 'GET', status, body });
  for (const client of sockets) {
    client.end();
    await client.closed;
    ledger.note({ route: 'live', method: 'GET', status: 101, body: FRAME, sent: FRAME.length, isTunnel: true });
  }
  h2Socket.stream.end();
  await once(h2Socket.stream, 'close');
  // The frame of the helper has as many bytes.
  ledger.note({ route: 'live', method: 'GET', status: Number(h2Socket.head[':status']), body: FRAME, sent: FRAME.length, isTunnel: true });
  session.close();
  await once(session, 'close');
}

/** Handshakes that come to nothing. @returns how many. */
async function rejectedTls(): Promise<number> {
  const attempts = [
    (socket: Socket) => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    (socket: Socket) => socket.write(Buffer.from('160301ffff', 'hex')) && socket.end(),
    (socket: Socket) => socket.end(),
  ];
  for (const attempt of attempts) {
    const socket = connect({ host: '127.0.0.1', port: sluice.httpsPort });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    attempt(socket.resume());
    await closed;
  }
  const old = await Promise.allSettled([connected({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })]);
  return attempts.length + old.filter(({ status }) => status === 'rejected').length;
}

/** More connections than are allowed. @returns how many were turned away. */
async function tooMany(): Promise<number> {
  await eventually(async () => (await page.counts()).get('sluice_connections_open') === 0, 20_000);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS_MAX + 7 }, async () => connected()));
  await eventually(() => clients.filter(({ socket }) => socket.destroyed).length === 7, 20_000);
  const refused = clients.filter(({ socket }) => socket.destroyed).length;
  for (const client of clients) client.destroy();
  return refused;
}

const scraper = new Scraper(page, 50, /^sluice_(?:event_streams|upgraded_connections)_open/);
let open: Counts = new Map();
await lasting(async () => {
  await Promise.all([overHttp1(), overHttp1(), withErrors(), keptAlive(), keptAlive(), overHttp2(), overHttp2(), overTls(), leaving(), repeat(30, async () => ask('pair', '/pair'))]);
  open = await page.counts();
});
const rejected = await rejectedTls();
const refused = await tooMany();
const counts = await eventually(async () => {
  const now = await page.counts();
  return sumOf(now, 'sluice_http_requests_total') >= ledger.total && now.get('sluice_connections_open') === 0 && now;
}, 20_000);
await scraper.stop();

function at(upstream: string, target: string): string {
  return `upstream="${upstream}",target="${target}"`;
}

/** Of a histogram, by the values of its labels. */
function ofRoutes(name: string, now: Counts): Record<string, number> {
  const entries = Object.entries(seriesOf(now, name)).map(([labels, value]) => [labels.replace(/^route="(.*)"$/, '$1'), value] as const);
  return Object.fromEntries(entries.filter(([route]) => ledger.routes.has(route)));
}

await t.test('while they last, streams and tunnels are open, over all protocols', (t) => {
  t.strictSame(seriesOf(open, 'sluice_event_streams_open'), { 'route="live"': 4 });
  t.strictSame(seriesOf(open, 'sluice_upgraded_connections_open'), { 'route="live"': 3 });
  t.equal(open.get('sluice_http_requests_in_flight'), 7);
  t.strictSame(seriesOf(open, 'sluice_upstream_requests_in_flight'), { [at('app', app.server.target)]: 7, [at('pair', bad.target)]: 0, [at('pair', good.target)]: 0, [at('dead', dead)]: 0 });
  t.end();
});

await t.test('requests are what clients know of them: route, method, status, code', (t) => {
  t.strictSame(seriesOf(counts, 'sluice_http_requests_total'), ledger.requests);
  t.ok(ledger.total > 350, `${ledger.total} requests`);
  t.end();
});

await t.test('each is in the histograms of its route, tunnels not in that of durations; sizes add up', (t) => {
  t.strictSame(ofRoutes('sluice_http_request_duration_seconds_count', counts), ledger.byRoute(({ requests, tunnels }) => requests - tunnels));
  t.strictSame(ofRoutes('sluice_http_response_size_bytes_count', counts), ledger.byRoute(({ requests }) => requests));
  t.strictSame(ofRoutes('sluice_http_response_size_bytes_sum', counts), ledger.byRoute(({ received }) => received));
  t.strictSame(ofRoutes('sluice_http_request_size_bytes_sum', counts), ledger.byRoute(({ sent }) => sent));
  t.end();
});

await t.test('targets: calls, failures, retries, connections', (t) => {
  // Of those whose client has left nobody knows how they would have come out.
  t.strictSame(seriesOf(counts, 'sluice_upstream_requests_total'), { [at('app', app.server.target)]: app.count - app.held.length, [at('pair', bad.target)]: bad.requests, [at('pair', good.target)]: 30, [at('dead', dead)]: 6 });
  t.strictSame(seriesOf(counts, 'sluice_upstream_failures_total'), { [at('app', app.server.target)]: app.failures, [at('pair', bad.target)]: bad.requests, [at('pair', good.target)]: 0, [at('dead', dead)]: 6 });
  t.equal(counts.get('sluice_upstream_retries_total{upstream="pair"}'), bad.requests);
  t.ok(bad.requests > 0);
  t.equal(sumOf(counts, 'sluice_upstream_retries_total'), bad.requests);
  t.equal(sumOf(counts, 'sluice_upstream_requests_in_flight'), 0);
  t.equal(counts.get(`sluice_upstream_connect_duration_seconds_count{${at('app', app.server.target)}}`), app.server.connections);
  t.equal(counts.get(`sluice_upstream_head_duration_seconds_count{${at('pair', good.target)}}`), 30);
  t.strictSame(seriesOf(counts, 'sluice_upstream_breaker_state'), { 'upstream="app",state="closed"': 1, 'upstream="app",state="open"': 0, 'upstream="app",state="half-open"': 0 });
  t.end();
});

await t.test('connections and handshakes', (t) => {
  t.strictSame(Object.fromEntries(Object.entries(seriesOf(counts, 'sluice_tls_handshakes_total')).filter(([, count]) => count > 0)), handshakes);
  t.match(Object.keys(handshakes).toSorted(), ['version="TLSv1.2",resumed="false"', 'version="TLSv1.2",resumed="true"', 'version="TLSv1.3",resumed="false"', 'version="TLSv1.3",resumed="true"']);
  t.equal(counts.get('sluice_tls_handshake_failures_total'), rejected);
  t.equal(rejected, 4);
  t.equal(counts.get('sluice_connections_refused_total'), refused);
  t.equal(refused, 7);
  t.end();
});

await t.test('at the end nothing is left open', (t) => {
  for (const name of ['sluice_http_requests_in_flight', 'sluice_connections_open', 'sluice_event_streams_open', 'sluice_upgraded_connections_open', 'sluice_upstream_requests_waiting', 'sluice_log_lines_dropped_total']) t.equal(sumOf(counts, name), 0, name);
  t.equal(sumOf(counts, 'sluice_worker_up'), 2);
  t.end();
});

await t.test('looked at every 50 ms all the while, no answer failed, no counter went down, none vanished', (t) => {
  t.strictSame(scraper.faults, []);
  t.ok(scraper.scrapes > 20, `${scraper.scrapes} scrapes, the slowest took ${Math.round(scraper.slowestMs)} ms`);
  t.end();
});

await t.test('what the configuration names is there from the first answer on, with 0', (t) => {
  const { first } = scraper;
  const routes = ['app', 'live', 'short', 'small', 'pair', 'dead', 'fixed', 'old', 'denied', 'read-only', 'limited', 'unused', ''];
  const targets = [at('app', app.server.target), at('pair', bad.target), at('pair', good.target), at('dead', dead)];
  const expected = [
    ...['duration_seconds', 'request_size_bytes', 'response_size_bytes'].flatMap((name) => routes.map((route) => `sluice_http_${name.replace(/^duration/, 'request_duration')}_count{route="${route}"}`)),
    ...['connect_duration_seconds_count', 'head_duration_seconds_count', 'response_duration_seconds_count', 'requests_total', 'failures_total', 'ejections_total', 'requests_in_flight', 'target_available'].flatMap((name) => targets.map((target) => `sluice_upstream_${name}{${target}}`)),
    ...['retries_total', 'requests_waiting'].flatMap((name) => ['app', 'pair', 'dead'].map((upstream) => `sluice_upstream_${name}{upstream="${upstream}"}`)),
    ...['TLSv1.2', 'TLSv1.3'].flatMap((version) => ['true', 'false'].map((resumed) => `sluice_tls_handshakes_total{version="${version}",resumed="${resumed}"}`)),
    'sluice_tls_handshake_failures_total', 'sluice_connections_refused_total', 'sluice_http_requests_in_flight', 'sluice_connections_open', 'sluice_trace_spans_dropped_total',
    'sluice_log_lines_dropped_total{log="access"}', 'sluice_log_lines_dropped_total{log="messages"}', 'sluice_upstream_breaker_state{upstream="app",state="open"}',
  ];
  t.strictSame(expected.filter((series) => !first.has(series)), []);
  t.equal(counts.get('sluice_http_request_duration_seconds_count{route="unused"}'), 0);
  t.end();
});

await t.test('both formats say the same', async (t) => {
  const [plain, open] = [await page.text(), await page.text('application/openmetrics-text; version=1.0.0')].map((text) => seriesOf(parseMetrics(text), 'sluice_http_requests_total'));
  t.strictSame(plain, ledger.requests);
  t.strictSame(open, plain);
});
