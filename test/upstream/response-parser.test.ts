import t from 'tap';
import type { ResponseHead } from '../../src/upstream/response-head.ts';
import { RESPONSE_LIMITS, ResponseParser } from '../../src/upstream/response-parser.ts';
import { parseResponse, ResponseRecorder } from '../helpers/response-recorder.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A parser that expects the answer to a GET, and what it reports. */
function start(method = 'GET'): { recorder: ResponseRecorder; parser: ResponseParser; execute: (text: string) => number } {
  const recorder = new ResponseRecorder();
  const parser = new ResponseParser(recorder);
  parser.begin(method, false);
  return { recorder, parser, execute: (text) => parser.execute(latin1(text), 0, text.length) };
}

await t.test('a response is reported head, body, end, each once', async (t) => {
  const { recorder, parser, execute } = start();
  t.equal(execute(OK), OK.length);
  t.equal(recorder.heads[0]?.status, 200);
  t.equal(recorder.body, 'hello');
  t.equal(recorder.bodyCalls, 1);
  t.equal(recorder.completions, 1);
  t.same([parser.complete, parser.started, parser.fault, parser.finish()], [true, true, null, null]);
});

await t.test('a body is passed on where it lies, without a copy', async (t) => {
  const read = latin1(`before${OK}after`);
  const bodies: (readonly [Buffer, number, number])[] = [];
  const recorder = new ResponseRecorder();
  recorder.onBody = (...body) => void bodies.push(body);
  const parser = new ResponseParser(recorder);
  parser.begin('GET', false);
  t.equal(parser.execute(read, 6, read.length), OK.length);
  t.equal(bodies.length, 1);
  t.equal(bodies[0]?.[0], read);
  t.same(bodies[0]?.slice(1), [6 + OK.length - 5, 6 + OK.length]);
});

await t.test('many responses follow each other on one connection', async (t) => {
  const recorders: ResponseRecorder[] = [];
  let recorder = new ResponseRecorder();
  const parser = new ResponseParser({
    onInformational: (head) => recorder.onInformational(head),
    onHead: (head) => recorder.onHead(head),
    onBody: (buffer, from, end) => recorder.onBody(buffer, from, end),
    onTrailers: (raw) => recorder.onTrailers(raw),
    onComplete: () => recorder.onComplete(),
  });
  const answers = [OK, `${CHUNKED}5\r\nhello\r\n0\r\nX: y\r\n\r\n`, 'HTTP/1.1 204 No\r\n\r\n', 'HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n', OK];
  for (const answer of answers) {
    recorder = new ResponseRecorder();
    recorders.push(recorder);
    parser.begin('GET', false);
    t.notOk(parser.started);
    t.equal(parser.execute(latin1(answer), 0, answer.length), answer.length);
    t.ok(parser.complete);
  }
  t.same(recorders.map(({ body }) => body), ['hello', 'hello', '', '', 'hello']);
});

await t.test('what an abandoned answer left behind is no part of the next', async (t) => {
  for (const left of ['HTTP/1.1 500 No\r\nA: ', `${CHUNKED}5\r\nhel`, `${CHUNKED}0\r\nX: `, OK.slice(0, -2), 'HTTP/1.1 200 OK\r\n\r\nx', 'SSH-']) {
    const recorder = new ResponseRecorder();
    const parser = new ResponseParser(recorder);
    parser.begin('GET', false);
    parser.execute(latin1(left), 0, left.length);
    Object.assign(recorder, new ResponseRecorder());
    const next = `${CHUNKED}1\r\nx\r\n0\r\n\r\n`;
    parser.begin('GET', false);
    t.equal(parser.execute(latin1(next), 0, next.length), next.length);
    t.same([recorder.body, recorder.trailers.length, recorder.completions, parser.fault], ['x', 0, 1, null]);
  }
});

await t.test('the answer to HEAD has no body, whatever its head announces', async (t) => {
  const { recorder, parser, execute } = start('HEAD');
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  t.equal(execute(`${head}hello`), head.length, 'what follows is not consumed');
  t.equal(recorder.completions, 1);
  t.ok(parser.complete);
});

await t.test('trailing garbage is not taken for a response, even when the next request is begun at once', async (t) => {
  const { recorder, parser, execute } = start();
  const heads = recorder.heads.length;
  recorder.onComplete = () => parser.begin('GET', false);
  t.equal(execute(`${OK}HTTP/1.1 200 Smuggled\r\nContent-Length: 0\r\n\r\n`), OK.length);
  t.equal(recorder.heads.length, heads + 1);
});

await t.test('bytes that come when nothing was asked are not consumed', async (t) => {
  const parser = new ResponseParser(new ResponseRecorder());
  t.equal(parser.execute(latin1(OK), 0, OK.length), 0);
  parser.begin('GET', false);
  parser.execute(latin1(OK), 0, OK.length);
  t.equal(parser.execute(latin1('\r\n'), 0, 2), 0);
});

await t.test('informational responses come before the final one, within a bound', async (t) => {
  const { recorder, execute } = start();
  const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`;
  t.equal(execute(text), text.length);
  t.same(recorder.informational.map(({ status }) => status), [100, 103]);
  t.same(recorder.informational[1]?.rawHeaders, ['Link', '</a>']);
  t.equal(recorder.heads.length, 1);

  const hints = (count: number) => latin1('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(count) + OK);
  t.equal(parseResponse(hints(RESPONSE_LIMITS.informationalMax)).outcome, 'complete');
  t.equal(parseResponse(hints(RESPONSE_LIMITS.informationalMax + 1)).reason, 'too many informational responses');
});

await t.test('after a 101 the first bytes of the tunnel are left to the caller', async (t) => {
  const answer = parseResponse(latin1(`${SWITCHING}\x81\x02hi`), { upgradeRequested: true });
  t.equal(answer.outcome, 'upgraded');
  t.equal(answer.rest, '\x81\x02hi');
});

await t.test('a 101 nobody asked for is refused, and nothing of it is reported', async (t) => {
  const { recorder, parser, execute } = start();
  t.equal(execute(SWITCHING), -1);
  t.equal(parser.fault, '101 nobody asked for');
  t.same([recorder.heads.length, recorder.informational.length], [0, 0]);
});

const ENDS: readonly (readonly [bytes: string, end: string])[] = [
  ['', 'closed before the response'],
  ['HTT', 'closed within the response head'],
  ['HTTP/1.1 200 OK\r\nA: b\r\n', 'closed within the response head'],
  ['HTTP/1.1 100 Continue\r\n\r\n', 'closed before the final response'],
  ['HTTP/1.1 100 Continue\r\n\r\nHTTP', 'closed within the response head'],
  [OK.slice(0, -5), 'closed within the body'],
  [OK.slice(0, -1), 'closed within the body'],
  [CHUNKED, 'closed within a chunked body'],
  [`${CHUNKED}5\r\nhello\r\n`, 'closed within a chunked body'],
  [`${CHUNKED}5\r\nhello\r\n0\r\n`, 'closed within a chunked body'],
  [`${CHUNKED}0\r\nX-Sum: 1\r\n`, 'closed within a chunked body'],
];
for (const [bytes, end] of ENDS) {
  await t.test(`a connection that ends after ${JSON.stringify(bytes)} was ${end}`, async (t) => {
    const { recorder, parser, execute } = start();
    execute(bytes);
    t.equal(parser.finish(), end);
    t.equal(parser.started, bytes !== '');
    t.equal(recorder.completions, 0);
    t.notOk(parser.complete);
  });
}

await t.test('a body without a length lasts until the connection ends', async (t) => {
  const { recorder, parser, execute } = start();
  execute('HTTP/1.1 200 OK\r\n\r\nuntil');
  execute(' the end');
  t.equal(recorder.completions, 0);
  t.equal(parser.finish(), null);
  t.equal(recorder.body, 'until the end');
  t.equal(recorder.completions, 1);
  t.ok(parser.complete);
});

await t.test('a fault stays: no byte after it is read', async (t) => {
  const { recorder, parser, execute } = start();
  t.equal(execute('HTTP/1.1 200 OK\nContent-Length: 5\r\n\r\nhello'), -1);
  t.equal(execute(OK), -1);
  t.equal(parser.finish(), 'bare LF');
  t.equal(recorder.heads.length, 0);
});

await t.test('what cannot become an HTTP response is named as that at its first bytes', async (t) => {
  for (const greeting of ['SSH-2.0-OpenSSH', '\x15\x03\x01\x00\x02\x02\x28', '\r\nHTTP/1.1 200 OK\r\n\r\n', '<', 'HTTP/2', '\n']) {
    const { parser, execute } = start();
    t.equal(execute(greeting), -1);
    t.equal(parser.fault, 'not an HTTP/1.0 or HTTP/1.1 status line');
  }
});

await t.test('a server that ends its lines with LF alone is not waited for', async (t) => {
  const { parser, execute } = start();
  t.equal(execute('HTTP/1.1 200 OK\nContent-Length: 0\n\n'), -1);
  t.equal(parser.fault, 'bare LF');
});

await t.test('a head as large as allowed is read, a larger one is refused', async (t) => {
  const { headBytesMax } = RESPONSE_LIMITS;
  const frame = 'HTTP/1.1 204 No\r\nA: \r\n\r\n'.length;
  const fits = `HTTP/1.1 204 No\r\nA: ${'x'.repeat(headBytesMax - frame)}\r\n\r\n`;
  t.equal(parseResponse(latin1(fits)).outcome, 'complete');
  t.equal(parseResponse(latin1(fits.replace('A', 'AA'))).reason, 'response head too large');
});

/** Stops its parser in the first call of one kind. */
class StoppingRecorder extends ResponseRecorder {
  stopIn = '';
  stop: () => void = () => {};

  override onInformational(head: ResponseHead): void {
    super.onInformational(head);
    if (this.stopIn === 'onInformational') this.stop();
  }

  override onHead(head: ResponseHead): void {
    super.onHead(head);
    if (this.stopIn === 'onHead') this.stop();
  }

  override onBody(buffer: Buffer, from: number, end: number): void {
    super.onBody(buffer, from, end);
    if (this.stopIn === 'onBody') this.stop();
  }

  override onTrailers(rawTrailers: string[]): void {
    super.onTrailers(rawTrailers);
    if (this.stopIn === 'onTrailers') this.stop();
  }
}

const STOPS: readonly (readonly [where: string, heads: number, body: string, trailers: number])[] = [
  ['onInformational', 0, '', 0],
  ['onHead', 1, '', 0],
  ['onBody', 1, 'a', 0],
  ['onTrailers', 1, 'ab', 2],
];
for (const [where, heads, body, trailers] of STOPS) {
  await t.test(`after a stop in ${where} nothing is reported, and bytes are swallowed until the next request`, async (t) => {
    const recorder = new StoppingRecorder();
    const parser = new ResponseParser(recorder);
    recorder.stopIn = where;
    recorder.stop = () => parser.stop();
    parser.begin('GET', false);
    const bytes = latin1(`HTTP/1.1 100 Continue\r\n\r\n${CHUNKED}1\r\na\r\n1\r\nb\r\n0\r\nX: y\r\n\r\n`);
    t.equal(parser.execute(bytes, 0, bytes.length), bytes.length);
    t.equal(parser.execute(bytes, 0, bytes.length), bytes.length);
    t.same([recorder.heads.length, recorder.body, recorder.trailers.length, recorder.completions], [heads, body, trailers, 0]);
    t.equal(parser.finish(), null);
    t.notOk(parser.complete);

    recorder.stopIn = '';
    recorder.heads.length = 0;
    parser.begin('GET', false);
    t.equal(parser.execute(latin1(OK), 0, OK.length), OK.length);
    t.equal(recorder.completions, 1);
  });
}

await t.test('a stop at the last byte of a body keeps its end from being reported', async (t) => {
  const { recorder, parser, execute } = start();
  recorder.onBody = () => parser.stop();
  t.equal(execute(OK), OK.length);
  t.equal(recorder.completions, 0);
});
