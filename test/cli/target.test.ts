import t from 'tap';
import { startAdmin } from '../helpers/admin-place.ts';
import { adminFile, commandOutcome } from '../helpers/admin-file.ts';

await t.test('a target is taken out of service and put back, and shown as it is then', async (t) => {
  const { place, services } = await startAdmin(t);
  const file = adminFile(t, place.address.port);
  for (const mode of ['drain', 'down', 'up']) {
    t.strictSame(await commandOutcome(['target', mode, 'app', 'app:8000', '-c', file]), [0, 'UPSTREAM  TARGET    STATE  IN FLIGHT\napp       app:8000  up             2\n', ''], mode);
  }
  t.strictSame(services.targetsSet, ['drain app app:8000', 'down app app:8000', 'up app app:8000']);
  t.match(await commandOutcome(['target', 'up', 'app', 'app:80', '-c', file]), [1, '', /^sluice: .* \(404\): .* has no target app:80\. Did you mean app:8000\?\n$/]);
});

await t.test('what is not understood asks nobody', async (t) => {
  const file = adminFile(t, 'off');
  for (const words of [[], ['drain'], ['drain', 'app'], ['stop', 'app', 'app:8000']]) t.match(await commandOutcome(['target', ...words, '-c', file]), [2, '', /write `sluice target drain UPSTREAM TARGET`/], words.join(' '));
  t.match(await commandOutcome(['target', 'up', 'a', 'b', 'c', '-c', file]), [2, '', /`c` is one word too many/]);
});
