import t from 'tap';
import { WithheldNames } from '../../src/exchange/withheld-names.ts';

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
