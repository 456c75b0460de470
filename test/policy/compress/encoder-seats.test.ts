import t from 'tap';
import { EncoderSeats } from '../../../src/policy/compress/encoder-seats.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

await t.test('there are so many seats, of which event streams get half', async (t) => {
  const seats = new EncoderSeats();
  t.strictSame([seats.take(4, true), seats.take(4, true), seats.take(4, true)], [true, true, false]);
  t.strictSame([seats.take(4, false), seats.take(4, false), seats.take(4, false)], [true, true, false]);
  seats.free(true);
  t.equal(seats.take(4, false), true);
  t.equal(seats.take(4, true), false);
  t.equal(seats.take(6, true), true, 'each route has its own idea of how many there are');
});

await t.test('that there are too few is counted, and said once a minute', async (t) => {
  const seats = new EncoderSeats();
  const clock = new ManualClock();
  const said: unknown[] = [];
  const logger = { error: () => undefined, info: () => undefined, debug: () => undefined, isDebug: false, warn: (_text: string, fields: unknown) => said.push(fields) };
  for (let i = 0; i < 3; i++) seats.refuse({ clock, logger });
  clock.advance(60_000);
  seats.refuse({ clock, logger });
  t.equal(seats.refused, 4);
  t.strictSame(said, [{ answers: 1 }, { answers: 3 }]);
});
