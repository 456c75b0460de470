import t from 'tap';
import { checkLogBuffer, checkMaskName, checkSyslogName } from '../../src/config/log-text.ts';

await t.test('each text of the access log has its bounds', async (t) => {
  for (const size of ['64KB', '4MB', '1GB']) t.doesNotThrow(() => checkLogBuffer(size));
  for (const size of ['63KB', '2GB']) t.throws(() => checkLogBuffer(size), /from 64KB to 1GB/);
  t.doesNotThrow(() => checkSyslogName('sluice-1'));
  for (const name of ['', 'a b', 'é', 'x'.repeat(49)]) t.throws(() => checkSyslogName(name), /APP-NAME/);
  t.doesNotThrow(() => checkMaskName('employee_1'));
  for (const name of ['', 'a]', 'x'.repeat(31)]) t.throws(() => checkMaskName(name), /is not a name/);
});
