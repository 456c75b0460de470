import t from 'tap';
import { parseUserFile } from '../../../src/config/credentials/user-file.ts';
import { UserList } from '../../../src/policy/basic/user-list.ts';

const END = 'WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe';

await t.test('users are found by name, and a nobody is checked with the hash of some user', async (t) => {
  const list = new UserList(parseUserFile(`anna:$2y$12$${END}\nconstructor:$2y$10$${END}`));
  t.match(list.hashOf('anna'), { cost: 12 });
  t.match(list.hashOf('constructor'), { cost: 10 });
  t.equal(list.hashOf('toString'), null);
  t.match([0, 1, 2, 4_294_967_295].map((number) => list.anyHash(number)), [{ cost: 12 }, { cost: 10 }, { cost: 12 }, { cost: 10 }]);
  t.equal(new UserList([]).anyHash(7), null);
});
