import t from 'tap';
import { configOf } from '../helpers/config-text.ts';

const FULL = { forMs: 30_000, errorRise: 0.05, p95Factor: 2, requestsMin: 20 };

await t.test('without the option files are watched, and what was taken over stays', async (t) => {
  t.strictSame(configOf('').reload, { watch: true, guard: null });
  t.strictSame(configOf('reload: {}').reload, { watch: true, guard: null });
});

await t.test('watching is on or off, however it is written', async (t) => {
  t.strictSame(['true', 'false', 'off'].map((text) => configOf(`reload: { watch: ${text} }`).reload.watch), [true, false, false]);
});

await t.test('a guard is a time, or options that are filled in', async (t) => {
  t.strictSame(configOf('reload: { guard: off }').reload.guard, null);
  t.strictSame(configOf('reload: { guard: 30s }').reload.guard, FULL);
  t.strictSame(configOf('reload: { guard: {} }').reload.guard, FULL);
  t.strictSame(configOf('reload: { guard: { for: 1m, errors: 0.5%, p95: off, minRequests: 100 } }').reload.guard, { forMs: 60_000, errorRise: 0.005, p95Factor: Infinity, requestsMin: 100 });
});
