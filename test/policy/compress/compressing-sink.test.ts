import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Transform } from 'node:stream';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import t from 'tap';
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { CompressingSink } from '../../../src/policy/compress/compressing-sink.ts';
import { type Compression, isWhole } from '../../../src/policy/compress/compression.ts';
import { type Encoder, encodingOf } from '../../../src/policy/compress/encoding.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { RecordingSink, sampleExchange } from '../../helpers/sample-exchange.ts';
import { eventually } from '../../helpers/wait-for.ts';

const CODINGS = ['gzip', 'br', 'zstd'] as const;
const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `line ${(i * 7919) % 10_007}\n`).join(''));

/** The client's side, which keeps all it is given. */
class ClientSink extends RecordingSink {
  readonly chunks: Buffer[] = [];
  takes = true;
  ended = false;
  flushes = 0;
  hasTrailers = false;
  contentLength = Number.NaN;
  trailers: string[] = [];

  get content(): Buffer {
    return Buffer.concat(this.chunks);
  }

  override head(status: number, text: string, rawHeaders: string[], contentLength = Number.NaN, hasTrailers = false): void {
    super.head(status, text, rawHeaders);
    Object.assign(this, { contentLength, hasTrailers });
  }

  override write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    this.bytesOut += chunk.length;
    return this.takes;
  }

  override end(chunk: Buffer | null, trailers: string[] = []): void {
    if (chunk !== null) this.write(chunk);
    this.ended = true;
    this.trailers = trailers;
  }

  override flush(): void {
    this.flushes += 1;
  }
}

interface Setting {
  readonly sink: CompressingSink;
  readonly client: ClientSink;
  readonly exchange: Exchange;
  readonly clock: ManualClock;
  /** What the answerer was told. */
  readonly told: string[];
  seats: number;
}

function setUp(options: Partial<Compression> & { readonly seatsFree?: boolean; readonly hasTrailers?: boolean; readonly headers?: string[] } = {}): Setting {
  const { exchange } = sampleExchange();
  const client = new ClientSink();
  const clock = new ManualClock();
  const told: string[] = [];
  exchange.sink = client;
  exchange.answerer = { onDrain: () => told.push('drain'), onProgress: () => told.push('progress'), onClose: () => told.push('close') };
  const plan = { bytes: -1, isLive: false, encoding: encodingOf('gzip', 5), clock, ...options };
  const setting = { client, exchange, clock, told, seats: isWhole(plan) ? 0 : 1 };
  const sink = new CompressingSink(exchange, {
    ...plan,
    takeSeat: () => {
      if (options.seatsFree === false) return false;
      setting.seats += 1;
      return true;
    },
    freeSeat: () => { setting.seats -= 1; },
  }, !isWhole(plan));
  exchange.putInFront(sink);
  sink.head(200, '', options.headers ?? [], -1, options.hasTrailers === true);
  return Object.assign(setting, { sink });
}

async function finished({ client }: Setting): Promise<void> {
  await eventually(() => client.ended, 5000);
}

await t.test('whatever the pieces, the client reads what the upstream wrote', async (t) => {
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...CODINGS), fc.boolean(), fc.boolean(), fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 6 }), fc.boolean(),
    async (name, isKnown, isLive, lengths, endsWithBytes) => {
      const total = lengths.reduce((sum, length) => sum + length, 0);
      const setting = setUp({ encoding: encodingOf(name, 3), bytes: isKnown ? total : -1, isLive });
      let at = 0;
      for (const [i, length] of lengths.entries()) {
        // The memory is used again as soon as nobody needs it, as that of an upstream's connection is.
        const piece = Buffer.from(TEXT.subarray(at, at += length));
        if (endsWithBytes && i === lengths.length - 1) {
          setting.sink.end(piece, []);
        } else {
          setting.sink.write(piece);
          await eventually(() => !setting.sink.pending);
          piece.fill(0);
        }
      }
      setting.sink.end(null, []);
      await finished(setting);
      const { client } = setting;
      return DECODERS[name](client.content).equals(TEXT.subarray(0, total)) && setting.seats === 0 && setting.clock.tickers === 0
        && (Number.isNaN(client.contentLength) || client.contentLength === -1 || client.contentLength === client.content.length);
    },
  ), { numRuns: 60 });
  t.pass();
});

await t.test('a short body goes out in one piece, with its length', async (t) => {
  for (const name of CODINGS) {
    const setting = setUp({ encoding: encodingOf(name, 3), bytes: 10_000 });
    const { sink, client } = setting;
    t.match(sink, { headSent: true, pending: false });
    t.equal(client.headSent, false, 'it waits for the length');
    t.equal(sink.write(TEXT.subarray(0, 4000)), true);
    sink.end(TEXT.subarray(4000, 10_000), []);
    t.match(client, { ended: true, contentLength: client.content.length, headers: { 'content-length': String(client.content.length) } }, 'at once');
    t.equal(client.chunks.length, 1);
    t.ok(DECODERS[name](client.content).equals(TEXT.subarray(0, 10_000)));
    t.strictSame([sink.bytesOut, sink.pending, setting.seats, setting.clock.tickers], [client.content.length, false, 0, 0]);
  }
});

await t.test('so does one whose length was not known, where it comes all at once', async (t) => {
  const { sink, client } = setUp({ hasTrailers: true });
  sink.end(TEXT.subarray(0, 5000), []);
  t.match(client, { ended: true, contentLength: client.content.length, hasTrailers: false });
});

await t.test('an empty body of unknown length is an empty body, encoded', async (t) => {
  for (const name of CODINGS) {
    const { sink, client } = setUp({ encoding: encodingOf(name, 3) });
    sink.end(null, []);
    t.equal(DECODERS[name](client.content).length, 0, name);
  }
});

await t.test('trailers follow the body, which has no length then', async (t) => {
  const short = setUp({ hasTrailers: true });
  short.sink.end(TEXT.subarray(0, 5000), ['X-Sum', '1']);
  t.match(short.client, { contentLength: -1, hasTrailers: true, trailers: ['X-Sum', '1'] });
  const announced = setUp({ hasTrailers: true, headers: ['Trailer', 'X-Sum'] });
  announced.sink.end(TEXT.subarray(0, 5000), []);
  t.match(announced.client, { contentLength: -1, hasTrailers: true });
  const long = setUp({ hasTrailers: true });
  long.sink.write(TEXT);
  long.sink.end(null, ['X-Sum', '1']);
  await finished(long);
  t.match(long.client, { contentLength: -1, hasTrailers: true, trailers: ['X-Sum', '1'] });
});

await t.test('a short body that comes slowly is not waited for: it goes out as it comes', async (t) => {
  const setting = setUp({ bytes: 1000 });
  const { sink, client, clock } = setting;
  sink.flush();
  sink.write(TEXT.subarray(0, 500));
  clock.advance(10);
  t.equal(client.headSent, false);
  clock.advance(10);
  t.match(client, { headSent: true, contentLength: -1 });
  t.equal(setting.seats, 1);
  await eventually(() => decodesTo(client.content, TEXT.subarray(0, 500)));
  sink.end(TEXT.subarray(500, 1000), []);
  await finished(setting);
  t.ok(gunzipSync(client.content).equals(TEXT.subarray(0, 1000)));
  t.strictSame([setting.seats, clock.tickers], [0, 0]);
});

await t.test('without a seat it is waited for all the same', async (t) => {
  const setting = setUp({ bytes: 1000, seatsFree: false });
  setting.sink.write(TEXT.subarray(0, 500));
  setting.clock.advance(500);
  t.equal(setting.client.headSent, false);
  setting.sink.end(TEXT.subarray(500, 1000), []);
  t.ok(gunzipSync(setting.client.content).equals(TEXT.subarray(0, 1000)));
  t.strictSame([setting.seats, setting.clock.tickers], [0, 0]);
});

await t.test('of a body of unknown length the head goes out when it is wanted, and the rest when the upstream pauses', async (t) => {
  const { sink, client, clock } = setUp();
  sink.flush();
  t.match(client, { headSent: true, flushes: 1 });
  sink.write(Buffer.from('one'));
  clock.advance(5);
  sink.write(Buffer.from(' two'));
  await eventually(() => !sink.pending);
  t.equal(decodesTo(client.content, Buffer.from('one two')), false, 'it is held back to be compressed with what follows');
  clock.advance(20);
  await eventually(() => decodesTo(client.content, Buffer.from('one two')));
  t.equal(clock.tickers, 0, 'nobody looks any more');
  sink.write(Buffer.from(' three'));
  sink.flush();
  await eventually(() => decodesTo(client.content, Buffer.from('one two three')));
});

await t.test('each event of a live stream goes out at once', async (t) => {
  const decoders = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress };
  for (const name of CODINGS) {
    const { sink, client, clock } = setUp({ encoding: encodingOf(name, 3), isLive: true });
    const decoder = decoders[name]();
    let text = '';
    decoder.on('data', (chunk: Buffer) => { text += chunk.toString(); });
    let given = 0;
    for (let i = 0; i < 5; i++) {
      sink.write(Buffer.from(`data: ${i}\n\n`));
      await eventually(() => {
        while (given < client.chunks.length) decoder.write(client.chunks[given++]);
        return text.endsWith(`data: ${i}\n\n`);
      });
    }
    t.equal(clock.tickers, 0);
    sink.abort();
  }
});

await t.test('who writes waits for a client that does not read, and goes on when it does', async (t) => {
  const setting = setUp();
  const { sink, client, told } = setting;
  client.takes = false;
  // What the encoder holds back has to be given out before anybody can be full.
  const noise = randomBytes(400_000);
  let given = 0;
  for (; given < 6; given++) {
    if (!sink.write(noise.subarray(given * 40_000, (given + 1) * 40_000))) await eventually(() => !sink.pending);
  }
  t.notOk(told.includes('drain'), 'the encoder has room, the client has not');
  t.ok(client.bytesOut > 0);
  client.takes = true;
  setting.exchange.onDrain();
  t.equal(told.filter((word) => word === 'drain').length, 1);
  sink.end(noise.subarray(given * 40_000), []);
  t.equal(sink.pending, true, 'the answer is not out yet');
  await finished(setting);
  t.equal(sink.pending, false);
  t.ok(gunzipSync(client.content).equals(noise));
});

await t.test('who writes waits for a busy encoder, and the time of the client begins when that is done', async (t) => {
  const work = new EventEmitter();
  const slow = new Transform({ transform: (chunk: Buffer, _encoding, done) => work.once('done', () => done(null, chunk)) });
  const { sink, client, told } = setUp({ encoding: { ...encodingOf('gzip', 1), start: () => slow as unknown as Encoder } });
  t.equal(sink.write(TEXT.subarray(0, 40_000)), false);
  t.equal(sink.pending, true);
  t.strictSame(told, []);
  work.emit('done');
  await eventually(() => told.includes('drain'));
  t.strictSame(told, ['progress', 'drain']);
  t.strictSame([sink.pending, client.bytesOut], [false, 40_000]);
});

await t.test('threat: a client that goes away leaves nothing behind', async (t) => {
  for (const bytes of [-1, 1000, 1_000_000]) {
    const setting = setUp({ bytes });
    const { sink, exchange, client, clock } = setting;
    sink.flush();
    sink.write(TEXT.subarray(0, 500));
    client.closed = true;
    exchange.onClose(false);
    t.strictSame([setting.seats, clock.tickers], [0, 0], String(bytes));
    const before = client.chunks.length;
    t.equal(sink.write(TEXT), true);
    sink.end(TEXT, []);
    sink.flush();
    await new Promise((resolve) => { setImmediate(resolve); });
    t.equal(client.chunks.length, before);
    t.strictSame([setting.seats, clock.tickers], [0, 0]);
  }
});

await t.test('an answer that is broken off is broken off for the client, too', async (t) => {
  const setting = setUp();
  setting.sink.write(TEXT);
  setting.sink.abort();
  t.match(setting.client, { aborted: true, ended: false });
  t.strictSame([setting.seats, setting.clock.tickers], [0, 0]);
});

await t.test('an encoder that fails ends the answer, and the log says why', async (t) => {
  const broken = { ...encodingOf('gzip', 1), whole: fail, start: fail };
  for (const bytes of [-1, 100, 1_000_000]) {
    const setting = setUp({ encoding: broken, bytes });
    if (bytes !== 100) t.equal(setting.sink.write(TEXT), true);
    setting.sink.end(TEXT.subarray(0, 100), []);
    t.match(setting.client, { aborted: true, ended: false });
    t.match(setting.exchange, { errorCode: 'internal_error', errorDetail: 'compressing failed: Error: no memory' });
    t.equal(setting.seats, 0);
  }
  const later = new Transform({ transform: (_chunk, _encoding, done) => done(new Error('damaged')) });
  const { sink, client, exchange } = setUp({ encoding: { ...broken, start: () => later as unknown as Encoder } });
  sink.write(TEXT);
  await eventually(() => client.aborted);
  t.match(exchange.errorDetail, /damaged/);
});

await t.test('everything else is the business of the client', async (t) => {
  const said: unknown[] = [];
  const { exchange } = sampleExchange();
  const client = Object.assign(new ClientSink(), {
    informational: (status: number, headers: string[]) => said.push([status, headers]), continue: () => said.push('continue'),
    closeAfter: (unread?: boolean) => said.push(['close', unread]), upgrade: (protocol: string) => { said.push(protocol); return null; }, closesAfter: true,
  });
  exchange.sink = client;
  const sink = new CompressingSink(exchange, { bytes: -1, isLive: false, encoding: encodingOf('gzip', 1), clock: new ManualClock(), takeSeat: () => true, freeSeat: () => undefined }, false);
  sink.informational(103, ['Link', 'a']);
  sink.continue();
  sink.closeAfter(true);
  t.equal(sink.upgrade('websocket', []), null);
  t.strictSame(said, [[103, ['Link', 'a']], 'continue', ['close', true], 'websocket']);
  t.match(sink, { closesAfter: true, closed: false });
});

/** Whether so much of a gzip body has come that it can be read, and is this. */
function decodesTo(content: Buffer, wanted: Buffer): boolean {
  try {
    return gunzipSync(content, { finishFlush: 2 }).equals(wanted);
  } catch {
    return false;
  }
}

function fail(): never {
  throw new Error('no memory');
}
