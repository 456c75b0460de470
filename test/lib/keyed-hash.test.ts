import t from 'tap';
import { KeyedHash } from '../../src/lib/keyed-hash.ts';

function hashOf(hash: KeyedHash, text: string): string {
  hash.digest(text);
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(hash.low, 0);
  bytes.writeInt32LE(hash.high, 4);
  return bytes.toString('hex');
}

await t.test('it is HalfSipHash-2-4, as the vectors of its authors have it', async (t) => {
  const hash = new KeyedHash([0x03020100, 0x07060504]);
  const text = Buffer.from(Array.from({ length: 62 }, (_, i) => i)).toString('utf16le');
  const expected = new Map([
    [0, '218d1f59b9b83cc8'], [2, '064f39ef7c50eb57'], [4, 'd5e78a175be52ea1'], [6, 'ce3e91358aa2bc25'], [8, 'edfee820bce4858c'], [62, 'f90b3ab572d46693'],
  ]);
  for (const [bytes, hex] of expected) t.equal(hashOf(hash, text.slice(0, bytes / 2)), hex, `${bytes} bytes`);
});

await t.test('another key is another hash, and the same one the same', async (t) => {
  const [one, same, other] = [new KeyedHash([1, 2]), new KeyedHash([1, 2]), new KeyedHash([1, 3])].map((hash) => hashOf(hash, 'a:192.0.2.1'));
  t.equal(one, same);
  t.not(one, other);
});

await t.test('addresses in a row are spread evenly', async (t) => {
  const hash = new KeyedHash([0x1234, 0x5678]);
  const sets = new Uint32Array(256);
  for (let i = 0; i < 65_536; i += 1) {
    hash.digest(`a:10.0.${i >> 8}.${i & 255}`);
    const set = (hash.high >>> 0) % 256;
    sets[set] = (sets[set] ?? 0) + 1;
  }
  // 256 on average; a standard deviation is 16.
  t.ok(Math.min(...sets) > 170 && Math.max(...sets) < 350, `${Math.min(...sets)} to ${Math.max(...sets)}`);
});
