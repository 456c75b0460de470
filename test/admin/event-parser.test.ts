import t from 'tap';
import { EventParser, type ServerEvent } from '../../src/admin/event-parser.ts';

const STREAM = ': hello\r\nevent: one\r\ndata: {"a":1}\r\n\r\n\ndata\n\nid: 7\nretry: 9\ndata:first\rdata:  second\r\revent: lost\n\ndata: ü\n\ndata: not ended';
const EVENTS: readonly ServerEvent[] = [
  { name: 'one', data: '{"a":1}' },
  { name: 'message', data: '' },
  { name: 'message', data: 'first\n second' },
  { name: 'message', data: 'ü' },
];

await t.test('events are read as HTML has them, wherever the stream is cut into pieces', async (t) => {
  const wrong: number[] = [];
  for (let length = 1; length <= STREAM.length; length++) {
    const parser = new EventParser(100);
    const events: ServerEvent[] = [];
    for (let at = 0; at < STREAM.length; at += length) events.push(...parser.read(STREAM.slice(at, at + length)));
    if (JSON.stringify(events) !== JSON.stringify(EVENTS)) wrong.push(length);
  }
  t.strictSame(wrong, []);
});

await t.test('an empty piece does not part a return from its line feed', async (t) => {
  const parser = new EventParser(100);
  t.strictSame([...parser.read('data: a\r'), ...parser.read(''), ...parser.read('\ndata: b\n\n')], [{ name: 'message', data: 'a\nb' }]);
});

await t.test('threat: an event without end is refused, one after the other is not', async (t) => {
  const parser = new EventParser(20);
  for (let i = 0; i < 100; i++) parser.read('data: 0123456789\n\n');
  t.throws(() => { for (;;) parser.read('data: x\n'); }, RangeError, 'many lines');
  const other = new EventParser(20);
  t.throws(() => { for (;;) other.read('x'); }, RangeError, 'one line');
});
