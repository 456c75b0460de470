import { Readable } from 'node:stream';
import t from 'tap';
import { ERRORS, GatewayError, type ErrorCode } from '../../src/exchange/errors.ts';
import { answer, answerError, problem } from '../../src/respond/answer.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('an error is problem+json with its code and the id of the request, and is stored nowhere', async (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const { exchange, sink } = sampleExchange();
    exchange.id = 'the-id';
    answerError(exchange, new GatewayError(code, 'secret detail'));
    const { status, text } = ERRORS[code];
    t.equal(sink.status, status, code);
    t.match(sink.headers, { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-request-id': 'the-id', 'content-length': String(Buffer.byteLength(sink.body)) });
    t.strictSame(JSON.parse(sink.body), { type: 'about:blank', title: text, status, code, requestId: 'the-id' });
    t.match(exchange, { errorCode: code, errorDetail: 'secret detail', status });
  }
});

await t.test('a failure that passes by itself says when to come back', async (t) => {
  const seconds: readonly (readonly [ErrorCode, string | undefined])[] = [
    ['no_healthy_target', '1'], ['upstream_connect_failed', '1'], ['upstream_connect_timeout', '1'], ['too_many_streams', '5'], ['no_route', undefined], ['internal_error', undefined],
  ];
  for (const [code, expected] of seconds) {
    const { exchange, sink } = sampleExchange();
    answerError(exchange, new GatewayError(code, ''));
    t.equal(sink.headers['retry-after'], expected, code);
  }
});

await t.test('people get a page, programs get JSON', async (t) => {
  const accepts: readonly (readonly [accept: string, html: boolean])[] = [
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html', true],
    ['text/html, application/json', true],
    ['application/json, text/html', false],
    ['application/problem+json, text/html', false],
    ['application/json', false],
    ['*/*', false],
    ['', false],
  ];
  for (const [accept, html] of accepts) {
    const { exchange, sink } = sampleExchange({ headers: accept === '' ? [] : ['Accept', accept] });
    answerError(exchange, new GatewayError('no_route', 'nothing'));
    t.equal(sink.headers['content-type'], html ? 'text/html; charset=utf-8' : 'application/problem+json', accept);
    t.match(sink.body, 'no_route');
  }
});

await t.test('nothing of the request becomes part of the page', async (t) => {
  const { exchange, sink } = sampleExchange({ url: '/<script>', headers: ['Accept', 'text/html', 'Host', '<b>'] });
  // As a trusted proxy may have passed it on from its client.
  exchange.id = '"><script>alert(1)</script>&\'';
  exchange.path = '/<script>';
  answerError(exchange, new GatewayError('no_route', '<script>'));
  t.notMatch(sink.body, '<script>');
  t.match(sink.body, '&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#39;');
});

await t.test('an error nobody foresaw is an internal one, its words for the log only', async (t) => {
  for (const [thrown, detail] of [[new TypeError('x is not a function'), 'TypeError: x is not a function'], ['text', 'text'], [undefined, 'undefined']] as const) {
    const { exchange, sink } = sampleExchange();
    answerError(exchange, thrown);
    t.match(exchange, { status: 500, errorCode: 'internal_error', errorDetail: detail });
    t.notMatch(sink.body, 'function');
  }
});

await t.test('once the head is out, an error can only break the answer off', async (t) => {
  const { exchange, sink } = sampleExchange();
  sink.head(200, '', []);
  exchange.status = 200;
  answerError(exchange, new GatewayError('upstream_cut', 'gone'));
  t.match(sink, { aborted: true, status: 200, body: '' });
  t.match(exchange, { status: 200, errorCode: 'upstream_cut' });
});

await t.test('a client that has gone is not answered, and an answer is given once', async (t) => {
  const gone = sampleExchange();
  gone.sink.closed = true;
  answerError(gone.exchange, new GatewayError('upstream_timeout', 'late'));
  t.equal(gone.sink.headSent, false);
  t.match(gone.exchange, { errorCode: 'upstream_timeout', status: 0 });
  const { exchange, sink } = sampleExchange();
  answer(exchange, 200, [], Buffer.from('first'));
  answer(exchange, 500, [], Buffer.from('second'));
  t.match([sink.status, sink.body, exchange.status], [200, 'first', 200]);
});

await t.test('the length is that of the body, which HEAD is not given', async (t) => {
  const head = sampleExchange({ method: 'HEAD' });
  answer(head.exchange, 200, ['X-A', '1'], Buffer.from('äöü'));
  t.match([head.sink.headers['content-length'], head.sink.body], ['6', '']);
  for (const status of [204, 304]) {
    const { exchange, sink } = sampleExchange();
    answer(exchange, status, ['ETag', '"a"'], Buffer.from('ignored'));
    t.match([sink.status, sink.headers, sink.body], [status, { 'content-length': undefined, 'etag': '"a"' }, '']);
  }
  const empty = sampleExchange();
  answer(empty.exchange, 200, [], Buffer.alloc(0));
  t.equal(empty.sink.headers['content-length'], '0');
});

await t.test('an answer that leaves a body unread is the last one of its connection', async (t) => {
  for (const [length, last] of [['10', false], ['10000000', true]] as const) {
    const { exchange, sink } = sampleExchange({ method: 'POST', headers: ['Content-Length', length] });
    exchange.body = new Readable({ read: () => undefined });
    answer(exchange, 200, [], Buffer.from('ok'));
    t.equal(sink.closesAfter, last, length);
  }
});

await t.test('an answer is reported to whoever bounds its reading, unless the client has gone', async (t) => {
  for (const closed of [true, false]) {
    const { exchange, sink } = sampleExchange();
    const unread: unknown[] = [];
    exchange.owner = { onUnread: (each) => unread.push(each), onExchangeEnd: () => undefined };
    sink.end = () => { sink.closed = closed; };
    answer(exchange, 200, [], Buffer.from('ok'));
    t.equal(unread.length, closed ? 0 : 1);
  }
});

await t.test('the problem of a connection without a request has no id', async (t) => {
  t.strictSame(JSON.parse(problem(400, 'Bad.', 'bad_request', '')), { type: 'about:blank', title: 'Bad.', status: 400, code: 'bad_request', requestId: '' });
});
