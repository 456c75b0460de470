import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('roles without anything that says who a client is are refused', async (t) => {
  checkBroken(t, [['routes: [{ respond: {}, roles: »[admin] }]', 'who a client is', '`jwt`']]);
});
