import t from 'tap';
import { NO_SINK } from '../../src/exchange/no-sink.ts';

await t.test('where there is no sink, before the first or behind a tunnel, nothing can be said and nothing breaks', async (t) => {
  const sink = NO_SINK;
  t.match(sink, { closed: true, headSent: false, bytesOut: 0, pending: false });
  sink.informational(103, []);
  sink.continue();
  sink.head(200, '', [], 0, false);
  sink.end(null, []);
  sink.flush();
  sink.abort();
  sink.closeAfter();
  t.strictSame([sink.write(Buffer.alloc(1)), sink.upgrade('websocket', [])], [true, null]);
});
