import t from 'tap';
import { orAborted, pause, startDeadline } from '../../../src/tls/acme/deadline.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

await t.test('a deadline aborts once, with its own words, and can be ended', async (t) => {
  const clock = new ManualClock();
  const deadline = startDeadline(clock, 1000, 'took too long');
  const ended = startDeadline(clock, 1000, 'never said');
  ended.end();
  clock.advance(999);
  t.notOk(deadline.signal.aborted);
  clock.advance(1);
  t.match(deadline.signal.reason, { name: 'AcmeError', type: 'timeout', message: 'took too long' });
  t.notOk(ended.signal.aborted);
  t.equal(clock.tickers, 0);
});

await t.test('a pause ends with its time, or at once when aborted', async (t) => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const first = pause(clock, 1000, controller.signal);
  clock.advance(1000);
  await t.resolves(first);
  const second = pause(clock, 1000, controller.signal);
  controller.abort(new Error('enough'));
  await t.rejects(second, { message: 'enough' });
  await t.rejects(pause(clock, 1000, controller.signal), { message: 'enough' });
  t.equal(clock.tickers, 0, 'no ticker is left');
});

await t.test('work that takes no signal is no longer waited for', async (t) => {
  const controller = new AbortController();
  t.equal(await orAborted(Promise.resolve(7), controller.signal), 7);
  const never = orAborted(new Promise<void>(() => undefined), controller.signal);
  controller.abort(new Error('enough'));
  await t.rejects(never, { message: 'enough' });
});
