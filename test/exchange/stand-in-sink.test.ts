import t from 'tap';
import { StandInSink } from '../../src/exchange/stand-in-sink.ts';
import { RecordingSink } from '../helpers/sample-exchange.ts';

const PAGE = Buffer.from('page');

function start(): { readonly inner: RecordingSink; readonly sink: StandInSink } {
  const inner = new RecordingSink();
  inner.head(503, '', []);
  return { inner, sink: new StandInSink(inner, PAGE) };
}

await t.test('the body that comes is dropped, and at its end the other one is given', async (t) => {
  const { inner, sink } = start();
  t.equal(sink.write(Buffer.alloc(1000)), true);
  t.match(inner, { body: '', closed: false });
  sink.end();
  t.match(inner, { body: 'page', closed: true });
});

await t.test('threat: an endless body does not keep the client waiting, nor is it read to its end', async (t) => {
  const { inner, sink } = start();
  const chunk = Buffer.alloc(16 * 1024);
  t.strictSame([1, 2, 3, 4, 5].map(() => sink.write(chunk)), [true, true, true, true, false]);
  t.equal(inner.body, 'page');
});

await t.test('a body that is broken off is no reason to break off what is given', async (t) => {
  const { inner, sink } = start();
  sink.write(Buffer.alloc(10));
  sink.abort();
  t.match(inner, { body: 'page', aborted: false });
});

await t.test('a client that does not read what it is given is cut', async (t) => {
  for (const [pending, aborted] of [[true, true], [false, false]] as const) {
    const { inner, sink } = start();
    sink.end();
    inner.pending = pending;
    sink.abort();
    t.equal(inner.aborted, aborted);
  }
});

await t.test('it is given once, and tells what the sink behind it tells', async (t) => {
  const { inner, sink } = start();
  inner.closesAfter = true;
  inner.bytesOut = 7;
  t.match([sink.headSent, sink.closesAfter, sink.bytesOut, sink.closed, sink.pending, sink.upgrade()], [true, true, 7, false, false, null]);
  sink.end();
  sink.end();
  t.equal(inner.body, 'page');
});
