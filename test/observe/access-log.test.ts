import t from 'tap';
import type { AccessLogConfig } from '../../src/config/access-log-config.ts';
import { createAccessLog } from '../../src/observe/access-log.ts';
import { MemoryLines } from './memory-lines.ts';
import { privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

function configOf(format: AccessLogConfig['format']): Pick<AccessLogConfig, 'format' | 'fields' | 'template' | 'escape' | 'headers'> {
  return { format, fields: ['method', 'status'], template: '', escape: 'nginx', headers: [] };
}

function envelope(record: { readonly status: number }, line: string): string {
  return `<${record.status}> ${line}`;
}

function lineOf(format: AccessLogConfig['format'], destination: MemoryLines): string {
  createAccessLog({ config: { ...configOf(format), template: '$status $request_method' }, destination, privacy: privacyOf() }).write(sampleRecord);
  return destination.last;
}

await t.test('auto is pretty on a terminal and JSON elsewhere; the others are what they say everywhere', async (t) => {
  t.match(lineOf('auto', new MemoryLines(true)), /^\d\d:\d\d:\d\d GET /);
  t.match(JSON.parse(lineOf('auto', new MemoryLines(false))), { status: 200 });
  t.match(JSON.parse(lineOf('json', new MemoryLines(true))), { status: 200 });
  t.match(lineOf('pretty', new MemoryLines(false)), /^\d\d:\d\d:\d\d GET /);
  t.equal(lineOf('template', new MemoryLines(true)), '200 GET');
});

await t.test('colour is used where the destination has it', async (t) => {
  t.notMatch(lineOf('pretty', new MemoryLines(true, false)), '\u001b');
  t.match(lineOf('pretty', new MemoryLines(true, true)), '\u001b[32m200');
});

await t.test('off writes nothing and costs one shared object', async (t) => {
  const destination = new MemoryLines();
  const log = createAccessLog({ config: configOf('off'), destination, privacy: privacyOf() });
  log.write(sampleRecord);
  t.equal(log, createAccessLog({ config: configOf('off'), destination: new MemoryLines(), privacy: privacyOf() }));
  t.strictSame([destination.lines, log.dropped], [[], 0]);
});

await t.test('an envelope gets the line without its end', async (t) => {
  const destination = new MemoryLines();
  createAccessLog({ config: configOf('json'), destination, privacy: privacyOf(), envelope }).write(sampleRecord);
  t.strictSame(destination.lines, ['<200> {"method":"GET","status":200}']);
});

await t.test('a line that found no room is counted, and the next is written again', async (t) => {
  const destination = new MemoryLines();
  const log = createAccessLog({ config: configOf('json'), destination, privacy: privacyOf() });
  destination.isFull = true;
  log.write(sampleRecord);
  log.write(sampleRecord);
  t.equal(log.dropped, 2);
  destination.isFull = false;
  log.write(sampleRecord);
  t.strictSame([log.dropped, destination.lines.length], [2, 1]);
});
