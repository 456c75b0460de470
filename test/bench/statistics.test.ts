import t from 'tap';
import { isSteady, median, percentile } from './statistics.ts';

await t.test('a warm-up ends when two rounds have brought no gain, and noise upwards does not keep it going', async (t) => {
  t.notOk(isSteady([]));
  t.notOk(isSteady([90, 50]), 'two rounds say nothing');
  t.notOk(isSteady([90, 60, 45, 36]), 'it still falls');
  t.notOk(isSteady([90, 36, 36.1]), 'the second round was the gain');
  t.ok(isSteady([90, 36, 36.1, 35.5]), 'a gain below three per cent is none');
  t.ok(isSteady([90, 36, 55, 41]), 'a disturbed round is no gain');
});

await t.test('a median is the middle, and between the two in the middle of an even count', async (t) => {
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([9, 1, 5, 6]), 5.5);
  t.ok(Number.isNaN(median([])));
});

await t.test('a percentile is the smallest value that so many are below or at', async (t) => {
  const sorted = Array.from({ length: 20_000 }, (_, i) => i + 1);
  t.equal(percentile(sorted, 0.5), 10_000);
  t.equal(percentile(sorted, 0.99), 19_800);
  t.equal(percentile(sorted, 0.999), 19_980);
  t.equal(percentile([7], 0.999), 7);
  t.ok(Number.isNaN(percentile([], 0.5)));
});
