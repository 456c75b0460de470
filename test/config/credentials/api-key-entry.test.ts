import t from 'tap';
import { checkExpiry, checkKeyHash, checkKeyLine, checkKeyName, checkKeysDiffer, keyEntryOf, parseKeyLine } from '../../../src/config/credentials/api-key-entry.ts';

const HEX = '0123456789abcdef'.repeat(4);
const KEY = 'slk_0123456789ABCDEFGHIJKLMNOPQRSTUV';

await t.test('a line has name and hash, and may have roles, an end and limits', async (t) => {
  t.strictSame(parseKeyLine(`mobile  sha256:${HEX.toUpperCase()}\troles=reader,writer expires=2027-01-31 limit=100/min,1000/day`), {
    name: 'mobile', hash: HEX, roles: ['reader', 'writer'], expiresMs: Date.UTC(2027, 0, 31),
    limits: [{ requests: 100, periodMs: 60_000, burst: 99 }, { requests: 1000, periodMs: 86_400_000, burst: 999 }],
  });
  t.strictSame(parseKeyLine(`a sha256:${HEX}`), { name: 'a', hash: HEX, roles: [], expiresMs: null, limits: null });
  t.equal(keyEntryOf({ name: 'a', hash: `sha256:${HEX}`, roles: 'one', expires: '2027-01-31T12:30:00Z' }).expiresMs, Date.UTC(2027, 0, 31, 12, 30));
});

await t.test('threat: what is wrong is told without the text, which may be the key', async (t) => {
  const lines = [KEY, `mobile ${KEY}`, `mobile sha256:${KEY}`, `mobile ${HEX}`, `mobile sha256:${HEX} ${KEY}`, `mobile sha256:${HEX} key=${KEY}`, `mobile sha256:${HEX} roles=a roles=b`, `mobile sha256:${HEX} expires=${KEY}`, `mobile sha256:${HEX} limit=${KEY}`, `mobile sha256:${HEX} roles=`, `mobile sha256:${HEX} limit=${Array(7).fill('1/s').join(',')}`, `"mobile" sha256:${HEX}`];
  for (const line of lines) {
    t.throws(() => checkKeyLine(line), { name: 'RangeError' }, line);
    try {
      checkKeyLine(line);
    } catch (error) {
      t.notMatch(String(error), new RegExp(KEY.slice(4, 12)), 'not repeated');
    }
  }
  t.throws(() => checkKeyHash(HEX), /sluice key hash/, 'a random key may look like a hash: only the word in front tells');
});

await t.test('an end is a day that exists', async (t) => {
  for (const wrong of ['2027-02-30', '2027-13-01', '31.1.2027', '2027-01-31T25:00:00Z', '2027-01-31T12:00:00', 'tomorrow', '']) t.throws(() => checkExpiry(wrong), { name: 'RangeError' }, wrong);
  t.doesNotThrow(() => checkExpiry('2028-02-29'));
});

await t.test('a name is one word, and a key has one name and a hash', async (t) => {
  for (const wrong of ['', 'a b', '#a', '-a', 'a"b', 'a=b', 'x'.repeat(101)]) t.throws(() => checkKeyName(wrong), { name: 'RangeError' }, wrong);
  t.throws(() => keyEntryOf({ hash: `sha256:${HEX}` }), /`name`/);
  t.throws(() => keyEntryOf({ name: 'a' }), /`hash`/);
});

await t.test('two keys may have one name, but not two names one key', async (t) => {
  const [a, b] = ['a', 'b'].map((name) => keyEntryOf({ name, hash: `sha256:${HEX}` }));
  if (a === undefined || b === undefined) throw new Error('both were made');
  t.throws(() => checkKeysDiffer([a, b]), /`a` and `b` are the same key/);
  t.doesNotThrow(() => checkKeysDiffer([a, { ...b, name: 'a', hash: 'f'.repeat(64) }]));
});
