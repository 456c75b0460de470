import t from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { UnreadAnswer } from '../../src/respond/unread-answer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

function setUp(): { clock: ManualClock; deadlines: Deadlines } & ReturnType<typeof sampleExchange> {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const sample = sampleExchange();
  new UnreadAnswer(sample.exchange, deadlines, 10_000).watch();
  return { clock, deadlines, ...sample };
}

await t.test('threat: an answer that nobody reads is broken off in its time, and the log says why', async (t) => {
  const { clock, exchange, sink } = setUp();
  clock.advance(9_900);
  t.equal(sink.aborted, false);
  clock.advance(400);
  t.equal(sink.aborted, true);
  t.match(exchange, { errorCode: 'client_too_slow', errorDetail: 'the client did not read the answer within 10 s' });
});

await t.test('a client that has taken something has its time again', async (t) => {
  const { clock, exchange, sink } = setUp();
  for (let i = 0; i < 5; i++) {
    clock.advance(9_000);
    exchange.onDrain();
  }
  t.equal(sink.aborted, false);
  clock.advance(10_300);
  t.equal(sink.aborted, true);
});

await t.test('the time of the client begins when what it is to read has been given to its connection', async (t) => {
  const { clock, exchange, sink } = setUp();
  clock.advance(9_000);
  exchange.answerer?.onProgress();
  clock.advance(9_000);
  t.equal(sink.aborted, false);
  clock.advance(2_000);
  t.equal(sink.aborted, true);
});

await t.test('an answer that was read is forgotten', async (t) => {
  const { clock, exchange, sink } = setUp();
  exchange.onClose(true);
  clock.advance(60_000);
  t.strictSame([sink.aborted, exchange.errorCode], [false, '']);
});
