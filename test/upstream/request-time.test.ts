import t from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { phaseLimits } from '../../src/upstream/phase.ts';
import { RequestTime } from '../../src/upstream/request-time.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const CLIENT = { tlsHandshakeMs: 1, headerMs: 1, requestMs: 5000, bodyMs: 2000, idleMs: 1, sendMs: 3000 };
const UPSTREAM = { connectMs: 1000, responseMs: 4000, idleMs: 3000, totalMs: 1, streamMs: 0, tunnelMs: 1 };

function timeOf(totalMs: number): { readonly time: RequestTime; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  return { clock, time: new RequestTime({ deadlines, limits: phaseLimits(CLIENT, UPSTREAM), totalMs }) };
}

await t.test('each wait has its own bound, from now on, and none ends later than the whole', async (t) => {
  const { time, clock } = timeOf(6000);
  t.strictSame([time.enter('connect'), time.phase], [1100, 'connect']);
  clock.advance(1000);
  t.equal(time.enter('head'), 5100);
  clock.advance(2000);
  t.equal(time.enter('head'), 6100, 'the whole ends first');
  t.strictSame([time.enterSearch(100_000), time.phase], [6100, 'member']);
  t.equal(time.enterSearch(3500), 3500);
  time.liftTotal();
  t.equal(time.enter('client-reads'), 6100);
  t.equal(time.enter('stream'), Infinity);
});

await t.test('all the waits for the body of the request together have a bound, which the other phases do not know', async (t) => {
  const { time, clock } = timeOf(Infinity);
  clock.advance(4000);
  t.equal(time.enter('client-body'), 5100);
  t.equal(time.enter('head'), 8100);
});

await t.test('what is said to have been too slow is what was', async (t) => {
  const { time, clock } = timeOf(9000);
  t.match(time.overdue('head'), { code: 'upstream_timeout', detail: /no response head within 4 s/ });
  t.match(time.overdue('client-body'), { code: 'request_timeout', detail: /no byte of the request body within 2 s/ });
  clock.advance(5100);
  t.match(time.overdue('client-body'), { code: 'request_timeout', detail: /the request was not complete within 5 s/ });
  t.equal(time.isTotalOver, false);
  clock.advance(4000);
  t.match([time.isTotalOver, time.overdue('head')], [true, { code: 'upstream_timeout', detail: /the answer took longer than 9 s/ }]);
});
