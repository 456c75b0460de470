import { once } from 'node:events';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t from 'tap';
import { encodingOf } from '../../../src/policy/compress/encoding.ts';

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const NAMES = ['gzip', 'br', 'zstd'] as const;
const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${(i * 7919) % 10_007}\n`).join(''));

await t.test('each level of each coding can be read again, in one go and piece by piece', async (t) => {
  for (const name of NAMES) {
    for (const level of [1, 3, 6, ...(name === 'br' ? [] : [9])]) {
      const encoding = encodingOf(name, level);
      for (const body of [Buffer.alloc(0), Buffer.from('a'), TEXT.subarray(0, 10_000)]) t.ok(DECODERS[name](encoding.whole(body)).equals(body), `${name} ${level}: ${body.length} bytes`);
      for (const bytes of [-1, TEXT.length]) {
        const encoder = encoding.start(bytes, false);
        for (let at = 0; at < TEXT.length; at += 50_000) encoder.write(TEXT.subarray(at, at + 50_000));
        const encoded = Buffer.concat(await encoder.end().toArray() as Buffer[]);
        t.ok(DECODERS[name](encoded).equals(TEXT), `${name} ${level}: announced as ${bytes}`);
      }
    }
  }
});

await t.test('a live encoder gives out each piece at once, others when they are told to', async (t) => {
  for (const name of NAMES) {
    const encoding = encodingOf(name, 3);
    const live = encoding.start(-1, true);
    live.write('event');
    await once(live, 'data');
    live.destroy();
    const other = encoding.start(-1, false);
    other.on('data', () => undefined);
    await new Promise((written) => other.write('event', written));
    const before = other.bytesWritten;
    const [[chunk]] = await Promise.all([once(other, 'data'), new Promise<void>((flushed) => other.flush(encoding.flushKind, flushed))]) as [[Buffer], void];
    t.ok(chunk.length > 0 && before === 5, name);
    other.destroy();
  }
});

await t.test('threat: no decoder has to keep more than 256 KB', async (t) => {
  const zstd = Buffer.concat(await encodingOf('zstd', 9).start(-1, false).end(TEXT).toArray() as Buffer[]);
  // Frame header without a size: the byte behind the descriptor holds the exponent (RFC 8878 section 3.1.1.1.2).
  t.equal(10 + (zstd[5]! >> 3), 18);
  const brotli = Buffer.concat(await encodingOf('br', 4).start(-1, false).end(TEXT).toArray() as Buffer[]);
  // Four bits, of which 0011 is 18 (RFC 7932 section 9.1).
  t.equal(brotli[0]! & 15, 0b0011);
});
