import t from 'tap';
import { TicketKeys } from '../../src/tls/ticket-keys.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

await t.test('a key has 48 bytes, lasts twelve hours, and is another one after that', async (t) => {
  const clock = new ManualClock();
  const keys = new TicketKeys(clock);
  const first = keys.current;
  t.equal(first.length, 48);
  t.strictSame(structuredClone(first), first);
  clock.advance(12 * 3_600_000 - 1);
  clock.jumpWallClock(365 * 86_400_000);
  t.notOk(keys.isDue, 'the clock on the wall does not count');
  clock.advance(1);
  t.ok(keys.isDue);
  keys.rotate();
  t.notOk(keys.isDue);
  t.notSame(keys.current, first);
});

await t.test('keys of small random numbers are no view of a shared pool', async (t) => {
  const keys = new TicketKeys(new ManualClock());
  t.equal(keys.current.buffer.byteLength, 48);
});
