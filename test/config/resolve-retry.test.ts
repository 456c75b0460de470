import t from 'tap';
import { checkBroken, upstreamOf, withUpstream } from '../helpers/config-text.ts';

await t.test('without options, what fails is tried twice more, and nothing waits', async (t) => {
  const { retry, hold, hedge } = upstreamOf('');
  t.strictSame(retry, { attempts: 2, onConnect: true, onReset: true, onTimeout: true, statuses: [], budgetShare: 0.2, bodyBytesMax: 65_536 });
  t.strictSame(hold, { waitMs: 0, queueMax: 1000 });
  t.equal(hedge, null);
});

await t.test('each option is read', async (t) => {
  t.strictSame(upstreamOf('retry: { attempts: 3, on: [connect, 5xx, 429], budget: 0.5%, body: 1MB }').retry, {
    attempts: 3, onConnect: true, onReset: false, onTimeout: false, statuses: [429, 500, 502, 503, 504], budgetShare: 0.005, bodyBytesMax: 1_048_576,
  });
  t.match(upstreamOf('retry: { on: 503, body: off }').retry, { onConnect: false, statuses: [503], bodyBytesMax: 0 });
  t.strictSame(upstreamOf('hold: 5s, holdMax: 7').hold, { waitMs: 5000, queueMax: 7 });
  t.strictSame(upstreamOf('hedge: {}').hedge, { afterMs: null, percentile: 0.95 });
  t.strictSame(upstreamOf('hedge: { after: 200ms }').hedge, { afterMs: 200, percentile: 0 });
});

await t.test('what makes no sense together is an error at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('retry: { attempts: 0 }, »hedge: { after: p99 }'), '`hedge` needs `retry.attempts` above 0'],
    [withUpstream('retry: { attempts: 0, »on: 503 }'), '`on` has no effect with `attempts: 0`'],
    [withUpstream('»holdMax: 5'), '`holdMax` has no effect without `hold`', 'Add `hold: 5s`'],
    [withUpstream('hold: off, »holdMax: 5'), '`holdMax` has no effect'],
  ]);
});
