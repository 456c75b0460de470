import { Readable } from 'node:stream';
import t from 'tap';
import { Trace } from '../../src/observe/traces/trace.ts';
import { h2RequestHead } from '../../src/upstream/h2-request.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';

function write(request: SampleRequest, change: object = {}, secure = false): string[] {
  const { exchange } = sampleExchange(request);
  Object.assign(exchange, { id: 'the-id', host: 'a.test', path: '/a', query: '?q', clientAddress: '192.0.2.1' }, change);
  const fields = h2RequestHead(exchange, { path: exchange.path, host: 'up.test', keepAlive: true, trace: null }, secure);
  return fields.flatMap((text, i) => (i % 2 === 0 ? [`${text}: ${fields[i + 1]}`] : []));
}

function without(lines: readonly string[], beginning: RegExp): string[] {
  return lines.filter((line) => !beginning.test(line));
}

const OURS = /^(?::|x-forwarded-|x-real-ip|forwarded|via|x-request-id)/;

await t.test('the trace is told by us, and what the client said of it is not', async (t) => {
  const { exchange } = sampleExchange({ headers: ['traceparent', 'theirs', 'tracestate', 'theirs'] });
  const start = { member: 'm', host: 'm', port: 1, secure: false, isH2: true, path: '/', startMs: 0 };
  const fields = (state: string): readonly string[] => {
    const trace = new Trace('0af7651916cd43dd8448eb211c80319c', '', 3, state, false).begin(start);
    const all = h2RequestHead(exchange, { path: '/', host: 'a', keepAlive: true, trace }, false);
    return all.slice(all.indexOf('traceparent')).map((text) => text.replace(trace.spanId, 'SPAN'));
  };
  t.strictSame(fields(''), ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-SPAN-03']);
  t.strictSame(fields('congo=1'), ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-SPAN-03', 'tracestate', 'congo=1']);
});

await t.test('pseudo-headers come first, and say what the upstream is asked for by us', async (t) => {
  t.strictSame(write({ method: 'GET' }).slice(0, 4), [':method: GET', ':scheme: http', ':authority: up.test', ':path: /a?q']);
  t.equal(write({ method: 'GET' }, {}, true)[1], ':scheme: https');
});

await t.test('what is end to end goes on in its order, in lower case; what is not ends here', async (t) => {
  const headers = ['Host', 'x', 'X-B', '1', 'x-b', '\xe9', 'Cookie', 'a=1', 'Cookie', 'b=2', 'Connection', 'X-Hop, keep-alive', 'X-Hop', '1', 'Keep-Alive', '5', 'Upgrade', 'h2c', 'TE', 'gzip', 'X-Forwarded-For', 'lie'];
  t.strictSame(without(write({ headers }), OURS), ['x-b: 1', 'x-b: \xe9', 'cookie: a=1', 'cookie: b=2']);
});

await t.test('threat: nothing that HTTP/2 forbids reaches the upstream (RFC 9113 §8.2.2), whatever the client names in Connection', async (t) => {
  const headers = ['Connection', 'X-Request-Id, via, x-real-ip', 'Proxy-Connection', 'x', 'Transfer-Encoding', 'chunked', ':path', '/other'];
  const lines = write({ method: 'POST', headers }, { body: new Readable({ read: () => undefined }) });
  t.notMatch(lines.join('\n'), /^(?:connection|proxy-connection|transfer-encoding|keep-alive|upgrade|host):/m);
  t.equal(lines.filter((line) => line.startsWith(':path')).length, 1);
  for (const name of ['x-request-id: the-id', 'x-real-ip: 192.0.2.1']) t.ok(lines.includes(name), name);
});

await t.test('a length that is known goes on, none is made up, and Expect and TE: trailers pass', async (t) => {
  const body = new Readable({ read: () => undefined });
  t.strictSame(without(write({ method: 'POST', headers: ['Content-Length', '5', 'Expect', '100-continue'] }, { body, expectContinue: true }), OURS), ['content-length: 5', 'expect: 100-continue']);
  t.strictSame(without(write({ method: 'POST', headers: ['Transfer-Encoding', 'chunked', 'TE', 'trailers, gzip'] }, { body }), OURS), ['te: trailers']);
  t.strictSame(without(write({ method: 'POST' }), OURS), ['content-length: 0']);
  t.strictSame(without(write({ method: 'GET' }), OURS), []);
});

await t.test('a WebSocket is asked for by an extended CONNECT, without the key of HTTP/1.1', async (t) => {
  const lines = write({ headers: ['Sec-WebSocket-Key', 'k', 'Sec-WebSocket-Version', '13', 'Connection', 'upgrade', 'Upgrade', 'websocket'] }, { upgrade: 'websocket' });
  t.strictSame(lines.slice(0, 5), [':method: CONNECT', ':scheme: http', ':authority: up.test', ':path: /a?q', ':protocol: websocket']);
  t.strictSame(without(lines, OURS), ['sec-websocket-version: 13']);
});
