import { array, assert, constantFrom, integer, pre, property, tuple } from 'fast-check';
import t from 'tap';
import { parseDuration } from '../../src/lib/duration.ts';

const DURATION_MAX_MS = 24 * 86_400_000;

await t.test('reads every unit and sums of them', async (t) => {
  const cases: Readonly<Record<string, number>> = { '500ms': 500, '10s': 10_000, '5m': 300_000, '1h': 3_600_000, '1d': 86_400_000, '1h30m': 5_400_000, '1m500ms': 60_500, off: 0 };
  for (const [text, durationMs] of Object.entries(cases)) t.equal(parseDuration(text), durationMs, text);
});

await t.test('says what is wrong', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '10': /needs a unit: write `10s` or `10ms`/,
    '1.5': /needs a unit/,
    '10 s': /not a duration/,
    '10S': /not a duration/,
    '1.5h': /not a duration/,
    '-1s': /not a duration/,
    '': /not a duration/,
    '0s': /write `off`/,
    '25d': /the longest duration is 24d/,
    [`${'9'.repeat(12)}d`]: /too long/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseDuration(text), { name: 'RangeError', message }, text);
});

await t.test('a sum is the sum of its parts', async (t) => {
  const parts = array(tuple(integer({ min: 1, max: 500 }), constantFrom('ms', 's', 'm', 'h')), { minLength: 1, maxLength: 5 });
  assert(
    property(parts, (list) => {
      const sumMs = list.reduce((total, [count, unit]) => total + parseDuration(`${count}${unit}`), 0);
      pre(sumMs <= DURATION_MAX_MS);
      t.equal(parseDuration(list.map(([count, unit]) => `${count}${unit}`).join('')), sumMs);
    }),
    { numRuns: 30 },
  );
});
