import t from 'tap';
import { startAdmin } from '../helpers/admin-place.ts';
import { adminFile, commandOutcome } from '../helpers/admin-file.ts';

await t.test('the level is told, or set until the next reload', async (t) => {
  const { place, services } = await startAdmin(t);
  const file = adminFile(t, place.address.port);
  t.strictSame(await commandOutcome(['log-level', '-c', file]), [0, 'info\n', '']);
  t.strictSame(await commandOutcome(['log-level', 'debug', '-c', file]), [0, 'The log level is debug, until the next reload.\n', '']);
  t.equal(services.level, 'debug');
});

await t.test('a level that does not exist asks nobody', async (t) => {
  const file = adminFile(t, 'off');
  t.strictSame(await commandOutcome(['log-level', 'dbug', '-c', file]), [2, '', 'sluice: there is no log level `dbug`, did you mean `debug`?\n']);
  t.strictSame(await commandOutcome(['log-level', 'loud', '-c', file]), [2, '', 'sluice: there is no log level `loud`: there are error, warn, info, debug\n']);
});
