import t from 'tap';
import { checkBroken, upstreamOf, withUpstream } from '../helpers/config-text.ts';

await t.test('breaker and limit are off until they are asked for, and have defaults then', async (t) => {
  t.match(upstreamOf(''), { breaker: null, limit: null });
  t.match(upstreamOf('breaker: off, limit: off'), { breaker: null, limit: null });
  t.strictSame(upstreamOf('breaker: {}').breaker, { errorShare: 0.5, slowShare: 0.8, slowMs: 5000, windowMs: 10_000, requestsMin: 20, openMs: 30_000, probes: 3, upstream: true });
  t.strictSame(upstreamOf('limit: {}').limit, { requestsMax: 100, queueMax: 1000, waitMs: 5000 });
});

await t.test('each option is read', async (t) => {
  t.strictSame(upstreamOf('breaker: { errors: 0%, slow: 1%, slowAfter: 1s, window: 2s, requests: 3, open: 4s, probes: 5, upstream: false }').breaker, {
    errorShare: 0, slowShare: 0.01, slowMs: 1000, windowMs: 2000, requestsMin: 3, openMs: 4000, probes: 5, upstream: false,
  });
  t.strictSame(upstreamOf('limit: { requests: 1, queue: 2, wait: 3s }').limit, { requestsMax: 1, queueMax: 2, waitMs: 3000 });
});

await t.test('what makes no sense together is an error at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('»breaker: { errors: 0%, slow: 0% }'), 'nothing opens this breaker', '`breaker: off`'],
    [withUpstream('breaker: { slow: 0%, »slowAfter: 1s }'), '`slowAfter` has no effect with `slow: 0%`'],
    [withUpstream('limit: { queue: 0, »wait: 1s }'), '`wait` has no effect with `queue: 0`'],
  ]);
});
