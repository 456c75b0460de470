import t from 'tap';
import type { MaskConfig } from '../../../src/config/access-log-config.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { spansJson, type TracedRecord } from '../../../src/observe/traces/span-json.ts';
import { Trace } from '../../../src/observe/traces/trace.ts';
import { decode, type Span } from '../../helpers/collector.ts';
import { privacyOf } from '../sample-privacy.ts';
import { sampleRecord } from '../sample-record.ts';

const ID = '0af7651916cd43dd8448eb211c80319c';
const START = { member: 'api:8000', host: 'api', port: 8000, secure: true, isH2: true, path: '/orders/42', startMs: 0.25 };
const STARTED = sampleRecord.startedAtMs;

function traceOf(): Trace {
  return new Trace(ID, 'b7ad6b7169203331', 3, 'congo=1', true);
}

function spansOf(change: Partial<TracedRecord>, trace = traceOf(), { mask = {}, withUser = false }: { mask?: Partial<MaskConfig>; withUser?: boolean } = {}): Span[] {
  const record = { ...sampleRecord, hostPort: null, trace, ...change };
  const json = spansJson(record, trace, trace.attempts ?? [], privacyOf(mask), withUser);
  return decode(JSON.parse(`{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"s"},"spans":[${json}]}]}]}`) as Parameters<typeof decode>[0]);
}

/** Type of its error, and whether it is one of ours. */
function error(status: number, errorCode: string): unknown[] {
  const { attributes, isError } = serverSpan({ status, errorCode });
  return [attributes['error.type'], isError];
}

function serverSpan(change: Partial<TracedRecord>, trace?: Trace): Span {
  return spansOf(change, trace)[0] as Span;
}

await t.test('a request is a server span under that of its caller, with the names of the conventions', async (t) => {
  const trace = traceOf();
  t.strictSame(serverSpan({}, trace), {
    traceId: ID, id: trace.spanId, parent: 'b7ad6b7169203331', state: 'congo=1', flags: 3, name: 'GET app.example.com/api/*', kind: 'server',
    startMs: STARTED, endMs: STARTED + 3.217, events: [], isError: false, resource: {},
    attributes: {
      'http.request.method': 'GET', 'url.scheme': 'https', 'url.path': '/api/orders/42', 'url.query': 'page=2', 'http.route': 'app.example.com/api/*',
      'server.address': 'app.example.com', 'server.port': 443, 'network.protocol.version': '1.1', 'client.address': '203.0.113.7',
      'user_agent.original': sampleRecord.userAgent, 'tls.protocol.version': '1.3', 'http.response.status_code': 200, 'sluice.request_id': '01jd3v9c5g2n8',
      'sluice.upstream': 'api', 'sluice.target': 'api:8000', 'sluice.attempts': 1, 'sluice.bytes_in': 0, 'sluice.bytes_out': 5120,
    },
  });
});

await t.test('an attempt is a client span below it, with the moments of its way', async (t) => {
  const trace = traceOf();
  const attempt = trace.begin(START);
  attempt.connected(0.5);
  attempt.settled(200, 2.75);
  attempt.ended(3.125);
  t.strictSame(spansOf({}, trace)[1], {
    traceId: ID, id: attempt.spanId, parent: trace.spanId, state: 'congo=1', flags: 3, name: 'GET', kind: 'client',
    startMs: STARTED + 0.25, endMs: STARTED + 3.125, events: ['connected', 'head'], isError: false, resource: {},
    attributes: {
      'http.request.method': 'GET', 'url.full': 'https://api:8000/orders/42', 'server.address': 'api', 'server.port': 8000,
      'network.protocol.version': '2', 'http.response.status_code': 200, 'sluice.upstream': 'api', 'sluice.target': 'api:8000',
    },
  });
});

await t.test('attempts say how often the request was sent before, why they failed, and what they were', async (t) => {
  const trace = traceOf();
  trace.begin(START).settled('upstream_reset', 1);
  trace.begin({ ...START, host: '::1', port: 0 }).settled(503, 2);
  const hedge = trace.begin(START);
  hedge.isHedge = true;
  hedge.ended(3);
  const [, first, second, third] = spansOf({ attempts: 3 }, trace);
  t.match([first?.attributes, first?.isError], [{ 'error.type': 'upstream_reset', 'http.request.resend_count': undefined }, true]);
  t.match([second?.attributes, second?.isError], [{ 'error.type': '503', 'http.request.resend_count': 1, 'url.full': 'https://[::1]/orders/42', 'server.port': undefined }, true]);
  t.match([third?.attributes, third?.isError], [{ 'sluice.hedge': true, 'sluice.cancelled': true, 'http.request.resend_count': undefined }, false]);
});

await t.test('an attempt that had no end of its own ends with the request', async (t) => {
  const trace = traceOf();
  trace.begin(START);
  t.equal(spansOf({}, trace)[1]?.endMs, STARTED + 3.217);
});

await t.test('what is the fault of the client is told, but is no error of ours', async (t) => {
  t.strictSame(error(404, 'no_route'), ['no_route', false]);
  t.strictSame(error(503, 'no_healthy_target'), ['no_healthy_target', true]);
  t.strictSame(error(500, ''), ['500', true], 'the upstream says so itself');
  t.strictSame(error(200, 'upstream_cut'), ['upstream_cut', true], 'it broke off behind a good status');
  t.strictSame(error(200, 'client_closed'), ['client_closed', false]);
  t.strictSame(error(404, ''), [undefined, false]);
});

await t.test('policies are seen in it: limits, outcomes, and who the client is where that is wanted', async (t) => {
  const trace = traceOf();
  for (const said of [decision('rateLimit', 'limited'), decision('compression', 'gzip'), decision('apiKey', 'expired')]) trace.note(said);
  t.match(serverSpan({ status: 429, errorCode: 'rate_limited' }, trace).attributes, { 'sluice.rate_limited': true, 'sluice.rate_limit': 'limited', 'sluice.compression': 'gzip', 'sluice.api_key': 'expired' });
  const identity = { kind: 'jwt', name: 'alice' };
  t.match(serverSpan({ identity }).attributes, { 'sluice.auth': 'jwt', 'enduser.id': undefined });
  t.equal(spansOf({ identity }, traceOf(), { withUser: true })[0]?.attributes['enduser.id'], 'alice');
});

await t.test('a method that nobody knows makes no name of its own', async (t) => {
  const { name, attributes } = serverSpan({ method: 'PROPFIND', routeId: '' });
  t.strictSame([name, attributes['http.request.method'], attributes['http.request.method_original']], ['HTTP', '_OTHER', 'PROPFIND']);
});

await t.test('secrets and personal data are masked as in the access log', async (t) => {
  const mask = { email: true, address: 'truncate' } as const;
  const trace = traceOf();
  trace.begin({ ...START, path: '/u/bob@example.com' });
  const texts = JSON.stringify(spansOf({
    path: '/u/bob@example.com', query: '?access_token=abc&m=bob%40example.com', userAgent: 'bob@example.com', identity: { kind: 'jwt', name: 'bob@example.com' }, clientAddress: '203.0.113.7',
  }, trace, { mask, withUser: true }));
  t.notMatch(texts, /bob|abc|113\.7/);
  t.match(texts, /access_token=\*\*\*/);
});

await t.test('whatever a client sends, the JSON holds, and has its bound', async (t) => {
  const nasty = `"\\\u0000\r\n\u2028\ud800${'é'.repeat(5000)}`;
  const trace = new Trace(ID, '', 1, '', true);
  trace.begin({ ...START, path: nasty });
  const [server, client] = spansOf({ path: nasty, query: `?${nasty}`, host: nasty, userAgent: nasty, id: nasty, upgrade: nasty, routeId: nasty }, trace);
  t.equal(server?.parent, '');
  t.ok(JSON.stringify([server, client]).length < 12_000);
});
