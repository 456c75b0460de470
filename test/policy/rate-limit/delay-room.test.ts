import t from 'tap';
import { DelayRoom } from '../../../src/policy/rate-limit/delay-room.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

await t.test('whoever waits goes on when the time has come, and not before', async (t) => {
  const clock = new ManualClock();
  const room = new DelayRoom(clock, 2);
  let over = 0;
  const both = [6000, 12_000].map(async (ms) => {
    await room.wait(sampleExchange().exchange, ms);
    over += 1;
  });
  t.equal(room.isFull, true);
  clock.advance(5999);
  await Promise.resolve();
  t.strictSame([over, room.waiting], [0, 2]);
  clock.advance(1);
  await both[0];
  t.strictSame([over, room.waiting, room.isFull], [1, 1, false]);
  clock.advance(6000);
  await both[1];
  t.strictSame([room.waiting, clock.tickers], [0, 0]);
});

await t.test('a client that leaves frees its place at once, and only one', async (t) => {
  const clock = new ManualClock();
  const room = new DelayRoom(clock, 2);
  const { exchange } = sampleExchange();
  const waiting = [room.wait(exchange, 1000), room.wait(sampleExchange().exchange, 1000)];
  exchange.onClose(false);
  await waiting[0];
  t.strictSame([room.waiting, clock.tickers], [1, 1]);
  clock.advance(1000);
  await waiting[1];
  t.equal(room.waiting, 0);
  const gone = sampleExchange().exchange;
  gone.onClose(false);
  await room.wait(gone, 1000);
  t.strictSame([room.waiting, clock.tickers], [0, 0], 'nor does one that has gone before');
});
