import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

await t.test('one block or a list of them', async (t) => {
  t.strictSame(settingsOf('ip: { allow: 10.0.0.1, deny: [192.0.2.0/24] }').ip, { allow: ['10.0.0.1/32'], deny: ['192.0.2.0/24'] });
  t.strictSame(settingsOf('ip: { deny: "fd00::/8" }').ip, { allow: null, deny: ['fd00::/8'] });
});

await t.test('off, and nothing said, lets everybody in', async (t) => {
  t.equal(settingsOf('ip: off').ip, null);
  t.equal(settingsOf('').ip, null);
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, ip: { allow: »10.0.0.0/99 } }]', 'prefix length'],
    ['routes: [{ respond: {}, ip: »{} }]', 'lets everybody in', '`allow`'],
    ['routes: [{ respond: {}, ip: { »alow: 10.0.0.1 } }]', 'allow'],
  ]);
});
