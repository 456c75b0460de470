import * as fc from 'fast-check';
import t from 'tap';
import { CodingChoice } from '../../../src/policy/compress/accept-encoding.ts';

const choice = new CodingChoice(['zstd', 'br', 'gzip']);

function chosen(...values: readonly string[]): string | null {
  return choice.for(['Host', 'a', ...values.flatMap((value) => ['Accept-Encoding', value])]);
}

await t.test('of what the client likes equally the best is taken', async (t) => {
  t.equal(chosen('gzip, deflate, br, zstd'), 'zstd');
  t.equal(chosen('gzip, deflate, br'), 'br');
  t.equal(chosen('gzip, deflate'), 'gzip');
  t.equal(chosen('GZIP'), 'gzip');
  t.equal(new CodingChoice(['gzip', 'br']).for(['accept-encoding', 'br, gzip']), 'gzip');
});

await t.test('what the client likes better counts more than our order (RFC 9110 section 12.4.2)', async (t) => {
  t.equal(chosen('zstd;q=0.1, br;q=0.5, gzip;q=0.9'), 'gzip');
  t.equal(chosen('zstd ; q=0.500 , br;Q=1.000'), 'br');
  t.equal(chosen('gzip;q=0.5, identity;q=0.4'), 'gzip');
  t.equal(chosen('gzip;q=0.5, identity'), null);
  t.equal(chosen('gzip;q=0.5, identity;q=0.5'), 'gzip', 'of two that are liked equally the shorter one');
});

await t.test('q=0 is a no, and a star stands for what is not named', async (t) => {
  t.equal(chosen('zstd;q=0, br;q=0.0, gzip'), 'gzip');
  t.equal(chosen('*'), 'zstd');
  t.equal(chosen('zstd;q=0, *;q=0.5'), 'br');
  t.equal(chosen('*;q=0'), null);
  t.equal(chosen('gzip, *;q=0'), 'gzip');
  t.equal(chosen('identity;q=0'), null, 'nothing that we could send instead is taken');
  t.equal(chosen('identity;q=0, gzip;q=0.1'), 'gzip');
});

await t.test('gzip has a second name, and of two statements the more careful one counts', async (t) => {
  t.equal(chosen('x-gzip'), 'gzip');
  t.equal(chosen('gzip;q=0, x-gzip'), null);
  t.equal(chosen('gzip, gzip;q=0'), null);
});

await t.test('several headers are one list', async (t) => {
  t.equal(chosen('deflate', 'br'), 'br');
  t.equal(chosen(' , gzip ,'), 'gzip');
});

await t.test('without the header, and with one that cannot be read, nothing is compressed', async (t) => {
  t.equal(chosen(), null);
  for (const value of ['', 'gzip;q', 'gzip;q=2', 'gzip;q=0.1234', 'gzip;q=-1', 'gzip;level=9', 'gz ip', 'br gzip', 'gzip;q=1;q=1', '"gzip"', 'gzip, br;;']) t.equal(chosen(value), null, value);
});

await t.test('threat: made-up values neither grow without bound nor are taken for others', async (t) => {
  t.ok(Array.from({ length: 2000 }, (_, i) => chosen(`gzip, x${i}`)).every((coding) => coding === 'gzip'));
  t.equal(chosen(`${'a,'.repeat(10_000)}br`), 'br');
  fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => {
    const first = chosen(text);
    return (first === null || text.toLowerCase().includes(first) || text.includes('*')) && chosen(text) === first;
  }));
});
