import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { adminToken, createTokenCheck } from '../../src/admin/admin-token.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('the token comes from the environment; an empty one is none', async (t) => {
  t.equal(adminToken({ SLUICE_ADMIN_TOKEN: 'abc' }), 'abc');
  t.equal(adminToken({ SLUICE_ADMIN_TOKEN: '' }), null);
  t.equal(adminToken({}), null);
});

await t.test('the token may stand in a file, as orchestrators hand out secrets; what is wrong with it is said', async (t) => {
  const file = path.join(tempDir(t), 'token');
  writeFileSync(file, 'abc\n');
  t.equal(adminToken({ SLUICE_ADMIN_TOKEN_FILE: file }), 'abc');
  t.throws(() => adminToken({ SLUICE_ADMIN_TOKEN_FILE: file, SLUICE_ADMIN_TOKEN: 'abc' }), /both set/);
  t.throws(() => adminToken({ SLUICE_ADMIN_TOKEN_FILE: `${file}.gone` }), /token\.gone, which SLUICE_ADMIN_TOKEN_FILE names, cannot be read: ENOENT/);
  writeFileSync(file, '\n');
  t.throws(() => adminToken({ SLUICE_ADMIN_TOKEN_FILE: file }), /is empty/);
});

await t.test('only the token itself passes, as a bearer token', async (t) => {
  const check = createTokenCheck('0123456789abcdef');
  t.ok(check('Bearer 0123456789abcdef'));
  t.ok(check('bearer 0123456789abcdef'), 'the scheme has no case');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', '0123456789abcdef', 'Basic 0123456789abcdef', 'Bearer 0123456789abcde', 'Bearer 0123456789abcdef0', 'Bearer 0123456789ABCDEF', 'Bearer x, Bearer 0123456789abcdef']) {
    t.notOk(check(header), String(header));
  }
});
