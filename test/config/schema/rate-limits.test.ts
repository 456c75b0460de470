import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('wrong options of rateLimits are said at their place', async (t) => {
  checkBroken(t, [
    ['rateLimits: { »stoer: memory }', 'Did you mean `store`?'],
    ['rateLimits: »memory', 'a set of options such as'],
    ['rateLimits: { store: "redis://redis", prefix: »"a b" }', 'not a name'],
  ]);
});
