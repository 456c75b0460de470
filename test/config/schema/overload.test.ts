import t from 'tap';
import { checkBroken, withUpstream } from '../../helpers/config-text.ts';

await t.test('what is wrong in breaker and limit is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('breaker: »on'), '`off`, or a set of options such as `errors: 50%`'],
    [withUpstream('breaker: { »error: 50% }'), 'Did you mean `errors`?'],
    [withUpstream('breaker: { errors: »50 }'), '`50%`'],
    [withUpstream('breaker: { window: »11s }'), 'whole seconds from 1s to 10s'],
    [withUpstream('breaker: { window: »1500ms }'), 'whole seconds from 1s to 10s'],
    [withUpstream('breaker: { window: »off }'), 'must have an end'],
    [withUpstream('breaker: { window: »10 }'), '`10s`'],
    [withUpstream('breaker: { probes: »0 }'), 'from 1 to 100'],
    [withUpstream('breaker: { upstream: »"yes" }'), 'true or false'],
    [withUpstream('limit: »100'), '`off`, or a set of options such as `requests: 100`'],
    [withUpstream('limit: { requests: »0 }'), 'from 1 to 1000000'],
    [withUpstream('limit: { wait: »off }'), 'must have an end'],
  ]);
});
