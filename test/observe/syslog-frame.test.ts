import t from 'tap';
import { createSyslogFrame } from '../../src/observe/syslog-frame.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { sampleRecord } from './sample-record.ts';

await t.test('a message has the header of RFC 5424, with a severity by the status', async (t) => {
  const frame = createSyslogFrame({ facility: 23, app: 'edge' }, 'gw 1\n', new ManualClock());
  t.equal(frame(sampleRecord, 'a line'), `<190>1 2026-01-01T00:00:00.000Z gw1 edge ${process.pid} access - a line`);
  t.match(frame({ ...sampleRecord, status: 404 }, ''), /^<188>1 /);
  t.match(frame({ ...sampleRecord, status: 502 }, ''), /^<187>1 /);
  t.match(createSyslogFrame({ facility: 0, app: 'a' }, '', new ManualClock())(sampleRecord, 'x'), /^<6>1 \S+ - a /);
});
