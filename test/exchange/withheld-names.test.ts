import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { WithheldNames } from '../../src/exchange/withheld-names.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

await t.test('threat: a name is withheld in every case and with underscores, which applications cannot tell from dashes', async (t) => {
  const names = new WithheldNames(['X-User', 'x-user-roles']);
  for (const name of ['X-User', 'x-user', 'X_User', 'X-USER-ROLES', 'x_user_roles']) t.equal(names.has(name), true, name);
  for (const name of ['X-Users', 'User', 'X-Use']) t.equal(names.has(name), false, name);
});

await t.test('a flood of made-up names changes no verdict', async (t) => {
  const names = new WithheldNames(['x-user']);
  for (let i = 0; i < 3000; i += 1) names.has(`x-${i}`);
  t.strictSame([names.has('X-UsEr'), names.has('x-other'), names.isEmpty, new WithheldNames([]).isEmpty], [true, false, false, true]);
});

await t.test('threat: a name is withheld with any other mark in place of the dash: PHP takes a dot for `_`, others all of them', async (t) => {
  const names = new WithheldNames(['X-User', 'x.tenant']);
  for (const name of ['X.User', 'x~user', 'X!USER', 'X-Tenant', 'X_Tenant']) t.equal(names.has(name), true, name);
  for (const name of ['XUser', 'X..User', 'X-User.']) t.equal(names.has(name), false, name);
});

await t.test('threat: long made-up names are not kept in memory', async (t) => {
  const names = new WithheldNames(['x-user']);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1000; i += 1) names.has(Buffer.from(`x${i}`.padEnd(20_000, 'a')).toString('latin1'));
  collectGarbage();
  t.ok(process.memoryUsage().heapUsed - before < 5_000_000, 'of 20 MB');
  t.equal(names.has('X-User'), true);
});
