import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import t from 'tap';
import { type AnswerHead, headerOf } from '../../src/exchange/answer-head.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { CompressingSink } from '../../src/policy/compress/compressing-sink.ts';
import { EncoderSeats } from '../../src/policy/compress/encoder-seats.ts';
import { compress } from '../../src/policy/compress.ts';
import type { Phases } from '../../src/policy/policy.ts';
import { answer } from '../../src/respond/answer.ts';
import { policyServices, startPolicy } from '../helpers/policies.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';

const JSON_TYPE = ['Content-Type', 'application/json'];

interface Asked extends SampleRequest {
  /** Of the policy. */
  readonly options?: string;
  readonly accept?: string;
  readonly status?: number;
  /** Of the answer. */
  readonly answer?: readonly string[];
  /** Content-Length; -1: none. */
  readonly length?: number;
  readonly more?: readonly string[];
}

interface Shaped {
  readonly head: AnswerHead;
  readonly exchange: Exchange;
  /** What the client is told; null: no such header. */
  readonly header: (name: string) => string | null;
  /** A sink of the policy stands in front of the client's. */
  readonly inFront: boolean;
}

async function shaped(asked: Asked): Promise<Shaped> {
  const phases = await startPolicy(compress, `compress: ${asked.options ?? 'true'}`);
  return shapedBy(phases, asked);
}

function shapedBy(phases: Phases, asked: Asked): Shaped {
  const { accept = 'gzip', status = 200, answer: headers = JSON_TYPE, length = 5000, more = [] } = asked;
  const { exchange } = sampleExchange({ ...asked, headers: ['Host', 'a', ...(accept === '' ? [] : ['Accept-Encoding', accept]), ...more] });
  const lengthHeader = length === -1 ? [] : ['Content-Length', String(length)];
  const head = { status, statusText: '', headers: [...headers, ...lengthHeader], contentLength: length, hasTrailers: false, isUpstreams: true };
  phases.onAnswer?.(exchange, head);
  return { head, exchange, header: (name) => headerOf(head.headers, name), inFront: exchange.sink instanceof CompressingSink };
}

/** Whether it is compressed, and whether it says that it depends on Accept-Encoding. */
async function fate(asked: Asked): Promise<readonly [compressed: boolean, varies: boolean]> {
  const { header, inFront, head } = await shaped(asked);
  t.equal(header('content-encoding') !== null && inFront, inFront);
  if (!inFront) t.equal(head.contentLength, asked.length ?? 5000);
  return [inFront, header('vary') === 'Accept-Encoding'];
}

await t.test('an answer that is compressed says so, and nothing that is not true of it any more', async (t) => {
  const { head, header, inFront } = await shaped({ answer: [...JSON_TYPE, 'ETag', '"a"', 'Accept-Ranges', 'bytes', 'Content-Encoding', 'identity', 'vary', 'Origin'] });
  t.equal(inFront, true);
  t.equal(head.contentLength, -1);
  t.strictSame(head.headers, [...JSON_TYPE, 'vary', 'Origin', 'Vary', 'Accept-Encoding', 'Content-Encoding', 'gzip', 'ETag', 'W/"a"']);
  t.equal(header('content-length'), null);
});

await t.test('what clients do not take, they do not get; but the answer says that others do', async (t) => {
  t.strictSame(await fate({ accept: '' }), [false, true]);
  t.strictSame(await fate({ accept: 'deflate' }), [false, true]);
  t.strictSame(await fate({ accept: 'br', options: 'gzip' }), [false, true]);
  t.strictSame(await fate({ accept: 'gzip;q=0' }), [false, true]);
});

await t.test('Vary that says it already stays as it is', async (t) => {
  t.equal((await shaped({ answer: [...JSON_TYPE, 'Vary', 'Origin, accept-encoding'] })).head.headers.filter((text) => text === 'Vary').length, 1);
  t.equal((await shaped({ answer: [...JSON_TYPE, 'Vary', '*'] })).header('vary'), '*');
});

await t.test('what must stay as it is does, and depends on nothing', async (t) => {
  const fixed: readonly Asked[] = [
    { answer: ['Content-Type', 'image/png'] }, { answer: [] }, { answer: [...JSON_TYPE, 'Content-Encoding', 'br'] }, { answer: [...JSON_TYPE, 'Cache-Control', 'no-transform'] },
    { answer: [...JSON_TYPE, 'Content-Range', 'bytes 0-4999/9000'], status: 206 }, { status: 206 }, { answer: [...JSON_TYPE, 'Content-Range', 'bytes */9000'], status: 416 },
    { answer: [...JSON_TYPE, 'Repr-Digest', 'sha-256=:x:'] }, { status: 204, length: -1 }, { status: 205 }, { status: 101 }, { status: 103 }, { answer: ['Content-Type', 'application/grpc+proto'] },
  ];
  for (const asked of fixed) t.strictSame(await fate(asked), [false, false], JSON.stringify(asked));
});

await t.test('every other status has an answer as good as any', async (t) => {
  for (const status of [200, 201, 301, 400, 404, 500, 503]) t.strictSame(await fate({ status }), [true, true], String(status));
});

await t.test('over HTTP/1.0 nothing is compressed: a body without a length looks whole wherever it ends', async (t) => {
  t.strictSame(await fate({ protocol: 'HTTP/1.0' }), [false, true]);
  t.strictSame(await fate({ protocol: 'HTTP/2' }), [true, true]);
});

await t.test('threat: BREACH. An answer that sets a cookie is left alone unless the route says otherwise', async (t) => {
  const answer = [...JSON_TYPE, 'Set-Cookie', 'session=a'];
  t.strictSame(await fate({ answer }), [false, true]);
  t.strictSame(await fate({ answer, options: '{ withCookies: true }' }), [true, true]);
});

await t.test('the size that counts is that of Content-Length, to the byte; an unknown one is enough', async (t) => {
  // No answer ends here, so each long one keeps its seat.
  const phases = await startPolicy(compress, 'compress: { minSize: 1KB, atOnce: 1000 }');
  fc.assert(fc.property(fc.constantFrom('gzip', 'br', 'zstd'), fc.oneof(fc.integer({ min: 1000, max: 1050 }), fc.nat(), fc.constant(-1)), (accept, length) => {
    const { inFront, header } = shapedBy(phases, { accept, length });
    const expected = length === -1 || length >= 1024;
    return inFront === expected && (header('content-encoding') === accept) === expected && (header('vary') !== null) === expected;
  }));
  t.strictSame(await fate({ length: 0, options: '{ minSize: 0B }' }), [false, false], 'nothing cannot be made smaller');
  t.strictSame(await fate({ length: 1, options: '{ minSize: 0B }' }), [true, true]);
});

await t.test('HEAD has the headers that GET would have, and takes no seat', async (t) => {
  const { header, inFront, head } = await shaped({ method: 'HEAD', answer: [...JSON_TYPE, 'ETag', '"a"'], length: 100_000, options: '{ atOnce: 1 }' });
  t.equal(inFront, false);
  t.equal(head.contentLength, -1);
  t.strictSame(['content-encoding', 'vary', 'etag', 'content-length'].map(header), ['gzip', 'Accept-Encoding', 'W/"a"', null]);
});

await t.test('a 304 has Vary and the validator that the client holds', async (t) => {
  const weak = await shaped({ status: 304, length: -1, answer: ['ETag', '"a"'], more: ['If-None-Match', 'W/"a"'] });
  t.strictSame(['vary', 'etag', 'content-encoding'].map(weak.header), ['Accept-Encoding', 'W/"a"', null]);
  t.equal(weak.inFront, false);
  const plain = await shaped({ status: 304, length: -1, answer: ['ETag', '"a"'], accept: '', more: ['If-None-Match', 'W/"a"'] });
  t.strictSame(['vary', 'etag'].map(plain.header), ['Accept-Encoding', '"a"']);
  const picture = await shaped({ status: 304, length: -1, answer: ['ETag', '"a"', 'Content-Type', 'image/png'], more: ['If-None-Match', 'W/"a"'] });
  t.strictSame(['vary', 'etag'].map(picture.header), [null, '"a"']);
});

await t.test('beyond the seats of a worker answers go out as they are; short ones need none', async (t) => {
  const services = policyServices();
  const [phases, others] = await Promise.all(['{ atOnce: 4 }', '{ atOnce: 4, minSize: 2KB }'].map(async (options) => startPolicy(compress, `compress: ${options}`, services)));
  if (phases === undefined || others === undefined) throw new Error('two were started');
  const { value: seats } = services.kept.hold('compress: encoder seats', () => new EncoderSeats());
  const events = { answer: ['Content-Type', 'text/event-stream'], length: -1 };
  const taken = [shapedBy(phases, events), shapedBy(phases, events), shapedBy(phases, events), shapedBy(phases, {length: -1}), shapedBy(others, { length: 100_000 }), shapedBy(phases, { length: -1 })];
  t.strictSame(taken.map(({ inFront }) => inFront), [true, true, false, true, true, false], 'all routes share them, and event streams have half');
  t.strictSame(taken[5]?.head.headers, [...JSON_TYPE, 'Vary', 'Accept-Encoding']);
  t.match(seats, { taken: 4, live: 2, refused: 2 });
  t.equal(shapedBy(phases, { length: 16 * 1024 }).inFront, true);
  t.match(seats, { taken: 4 });
  for (const { exchange } of taken) exchange.onClose(false);
  t.match(seats, { taken: 0, live: 0 });
});

await t.test('our own answers are compressed like others', async (t) => {
  const phases = await startPolicy(compress, 'compress: true');
  const { exchange, sink } = sampleExchange({ headers: ['Host', 'a', 'Accept-Encoding', 'gzip'] });
  const chunks: Buffer[] = [];
  sink.write = (chunk) => chunks.push(chunk) > 0;
  exchange.shaper = phases.onAnswer ?? null;
  answer(exchange, 404, ['Content-Type', 'text/html'], Buffer.from('x'.repeat(3000)));
  t.equal(gunzipSync(Buffer.concat(chunks)).toString(), 'x'.repeat(3000));
  t.match(sink, { status: 404, headers: { 'content-encoding': 'gzip', 'content-length': String(Buffer.concat(chunks).length) } });
});
