import t from 'tap';
import { ageText, minuteText } from '../../src/cli/time-text.ts';

await t.test('an age has its two largest units', async (t) => {
  const cases: readonly (readonly [seconds: number, text: string])[] = [
    [-5, '0 s'], [0.9, '0 s'], [59.9, '59 s'], [60, '1 min'], [3599, '59 min'], [3600, '1 h'], [12_000, '3 h 20 min'], [86_399, '23 h 59 min'], [86_400, '1 d'], [360_000, '4 d 4 h'],
  ];
  t.strictSame(cases.map(([seconds]) => ageText(seconds * 1000)), cases.map(([, text]) => text));
});

await t.test('a moment is told by its minute, with its time zone', async (t) => {
  t.equal(minuteText('2026-01-31T12:34:56.789Z'), '2026-01-31 12:34Z');
  t.equal(minuteText(''), '-');
});
