import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

await t.test('a size in bytes, and nothing where nothing is said', async (t) => {
  t.strictSame(settingsOf('maxBody: 20MB').maxBody, { bytes: 20 * 1024 * 1024 });
  t.strictSame(settingsOf('maxBody: 0B').maxBody, { bytes: 0 });
  t.equal(settingsOf('').maxBody, null);
});

await t.test('off on a route lifts the bound of defaults', async (t) => {
  t.equal(settingsOf('maxBody: off', 'defaults: { maxBody: 1MB }').maxBody, null);
  t.strictSame(settingsOf('maxBody: 2KB', 'defaults: { maxBody: 1MB }').maxBody, { bytes: 2048 });
});

await t.test('what is no size is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, maxBody: »20 }]', 'a size such as 20MB'],
    ['routes: [{ respond: {}, maxBody: »"20" }]', '20KB'],
    ['routes: [{ respond: {}, maxBody: »20 MB }]', '20MB'],
    ['routes: [{ respond: {}, maxBody: »[1MB] }]', 'a size such as 20MB'],
  ]);
});
