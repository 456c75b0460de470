import t from 'tap';
import { fieldOf, listOf, retryAfterMs, textOf } from '../../../src/tls/acme/answer.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

function wait(headers: Record<string, string>): number | null {
  return retryAfterMs({ status: 429, headers, data: '' }, NOW_MS);
}

await t.test('fields are read from objects, own ones only, and nothing else is believed', async (t) => {
  t.equal(textOf({ status: 'valid' }, 'status'), 'valid');
  for (const value of [null, undefined, 'status', 7, [], { status: 7 }, Object.create({ status: 'valid' })]) t.equal(textOf(value, 'status'), '');
  t.equal(fieldOf({ constructor: 1 }, 'constructor'), 1);
  t.equal(fieldOf({}, 'constructor'), undefined);
  t.strictSame(listOf({ all: [1] }, 'all'), [1]);
  t.strictSame(listOf({ all: { length: 1 } }, 'all'), []);
});

await t.test('Retry-After in seconds or as a date, never negative, at most a week', async (t) => {
  t.equal(wait({}), null);
  t.equal(wait({ 'retry-after': '120' }), 120_000);
  t.equal(wait({ 'retry-after': 'soon' }), null);
  t.equal(wait({ 'retry-after': '99999999999999' }), 7 * 86_400_000);
  t.equal(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }), 60_000);
  t.equal(wait({ 'retry-after': 'Thu, 01 Jan 2015 00:01:00 GMT' }), 0);
  t.equal(wait({ 'retry-after': 'Thu, 01 Jan 2015 00:01:00 GMT', date: 'Thu, 01 Jan 2015 00:00:30 GMT' }), 30_000, 'by the clock of who answered');
  t.equal(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'yesterday' }), 60_000);
});
