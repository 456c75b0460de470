import t from 'tap';
import { adminToken, createTokenCheck } from '../../src/admin/admin-token.ts';

await t.test('the token comes from the environment; an empty one is none', async (t) => {
  t.equal(adminToken({ SLUICE_ADMIN_TOKEN: 'abc' }), 'abc');
  t.equal(adminToken({ SLUICE_ADMIN_TOKEN: '' }), null);
  t.equal(adminToken({}), null);
});

await t.test('only the token itself passes, as a bearer token', async (t) => {
  const check = createTokenCheck('0123456789abcdef');
  t.ok(check('Bearer 0123456789abcdef'));
  t.ok(check('bearer 0123456789abcdef'), 'the scheme has no case');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', '0123456789abcdef', 'Basic 0123456789abcdef', 'Bearer 0123456789abcde', 'Bearer 0123456789abcdef0', 'Bearer 0123456789ABCDEF', 'Bearer x, Bearer 0123456789abcdef']) {
    t.notOk(check(header), String(header));
  }
});
