import t from 'tap';
import { checkBroken, withUpstream } from '../../helpers/config-text.ts';

await t.test('what is wrong in retries is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('retry: »3'), '`retry` must be a set of options'],
    [withUpstream('retry: { attempts: »-1 }'), 'from 0 to 10'],
    [withUpstream('retry: { »failTimeout: 10s }'), 'no option `failTimeout`'],
    [withUpstream('retry: { on: [connect, »conect] }'), 'connect, reset, timeout, 5xx or a status from 400 to 599'],
    [withUpstream('retry: { on: [»200] }'), 'from 400 to 599'],
    [withUpstream('retry: { on: »4xx }'), '5xx or a status'],
    [withUpstream('retry: { on: »[] }'), 'empty list'],
    [withUpstream('retry: { budget: »20 }'), '`20%`'],
    [withUpstream('retry: { body: »64 }'), 'A size needs a unit'],
    [withUpstream('retry: { body: »17MB }'), 'up to 16MB'],
    [withUpstream('retry: { body: »0KB }'), 'write `off`'],
  ]);
});

await t.test('what is wrong in holding and hedging is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('hold: »5'), '`5s` or `5ms`'],
    [withUpstream('hold: 5s, holdMax: »0'), 'from 1 to 100000'],
    [withUpstream('hedge: »p95'), '`off`, or a set of options such as `after: p95`'],
    [withUpstream('hedge: { after: »p5 }'), 'from p50 to p99.99'],
    [withUpstream('hedge: { after: »200 }'), 'a percentile such as p95, or a duration'],
    [withUpstream('hedge: { after: »off }'), 'leave `hedge` out'],
  ]);
});
