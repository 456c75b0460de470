import t from 'tap';
import { createAccessLog } from '../../src/observe/access-log.ts';
import { MemoryLines } from './memory-lines.ts';
import { sampleRecord } from './sample-record.ts';

function lineOf(format: 'auto' | 'json' | 'pretty' | 'off', destination: MemoryLines): string {
  createAccessLog({ format, destination }).write(sampleRecord);
  return destination.last;
}

await t.test('auto is pretty on a terminal and JSON elsewhere; json and pretty are what they say everywhere', async (t) => {
  t.match(lineOf('auto', new MemoryLines(true)), /^\d\d:\d\d:\d\d GET /);
  t.match(JSON.parse(lineOf('auto', new MemoryLines(false))), { status: 200 });
  t.match(JSON.parse(lineOf('json', new MemoryLines(true))), { status: 200 });
  t.match(lineOf('pretty', new MemoryLines(false)), /^\d\d:\d\d:\d\d GET /);
});

await t.test('colour is used where the destination has it', async (t) => {
  t.notMatch(lineOf('pretty', new MemoryLines(true, false)), '\u001b');
  t.match(lineOf('pretty', new MemoryLines(true, true)), '\u001b[32m200');
});

await t.test('off writes nothing and costs one shared object', async (t) => {
  const destination = new MemoryLines();
  const log = createAccessLog({ format: 'off', destination });
  log.write(sampleRecord);
  log.flush();
  t.equal(log, createAccessLog({ format: 'off' }));
  t.strictSame([destination.lines, destination.flushes, log.dropped], [[], 0, 0]);
});

await t.test('a line that found no room is counted, and the next is written again', async (t) => {
  const destination = new MemoryLines();
  const log = createAccessLog({ format: 'json', destination });
  destination.isFull = true;
  log.write(sampleRecord);
  log.write(sampleRecord);
  t.equal(log.dropped, 2);
  destination.isFull = false;
  log.write(sampleRecord);
  log.flush();
  t.strictSame([log.dropped, destination.lines.length, destination.flushes], [2, 1, 1]);
});
