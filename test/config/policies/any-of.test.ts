import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('only ways that the route has can stand in for each other', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, anyOf: »[] }]', 'empty'],
    ['routes: [{ respond: {}, anyOf: [»password, jwt] }]', 'jwt, apiKey, basic and forwardAuth'],
  ]);
});
