import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { EventReaders, eventText } from '../../src/admin/event-readers.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startEventServer } from './event-server.ts';

async function start(t: Test, readers: EventReaders) {
  const responses: ServerResponse[] = [];
  const gone: number[] = [];
  const connect = await startEventServer(t, (response) => {
    const number = responses.push(response);
    readers.add(response, () => gone.push(number));
    readers.begin(response, ':\n\n');
  });
  return { responses, gone, connect };
}

await t.test('an event is a name and a line', async (t) => {
  t.equal(eventText('requests', '{"a":1}'), 'event: requests\ndata: {"a":1}\n\n');
});

await t.test('who reads is told; who has gone is done with, once', async (t) => {
  const readers = new EventReaders({ readersMax: 2, backlogBytesMax: 1000 });
  const { gone, connect } = await start(t, readers);
  const [first, second] = [await connect(), await connect()];
  t.ok(readers.isFull);
  readers.tell(eventText('a', '1'));
  await Promise.all([first.readUntil('data: 1'), second.readUntil('data: 1')]);
  first.destroy();
  await eventually(() => gone.length === 1);
  t.notOk(readers.isFull);
  readers.end();
  await second.closed;
  t.strictSame(gone, [1, 2]);
  t.equal(readers.size, 0);
  t.ok(readers.isFull, 'nobody comes behind the end');
});

await t.test('threat: who does not read is cut off, and the others read on', async (t) => {
  const readers = new EventReaders({ readersMax: 2, backlogBytesMax: 100_000 });
  const { responses, gone, connect } = await start(t, readers);
  const [idle, busy] = [await connect(), await connect()];
  idle.socket.pause();
  const text = eventText('a', JSON.stringify('x'.repeat(50_000)));
  let told = 0;
  await eventually(() => {
    if ((responses[1]?.writableLength ?? 0) === 0) {
      readers.tell(text);
      told += 1;
    }
    return gone.length > 0;
  }, 20_000);
  t.strictSame(gone, [1]);
  t.ok(told > 1);
  t.notOk(busy.socket.destroyed);
  t.equal(readers.size, 1);
});

await t.test('a reader that left before its turn came is none', async (t) => {
  const readers = new EventReaders({ readersMax: 2, backlogBytesMax: 100 });
  const { responses, connect } = await start(t, new EventReaders({ readersMax: 9, backlogBytesMax: 100 }));
  (await connect()).destroy();
  await eventually(() => responses[0]?.destroyed === true);
  let gone = 0;
  readers.add(responses[0]!, () => { gone += 1; });
  t.equal(gone, 1);
  readers.begin(responses[0]!, 'x');
  t.equal(readers.size, 0);
});
