import t from 'tap';
import { pathOf, pointerOf, prefixesOf } from '../../src/config/pointer.ts';

await t.test('a path goes into a pointer and comes back, whatever its keys', async (t) => {
  const path = ['a/b', '~', 'm~1n', '', '0'];
  t.equal(pointerOf(path), '/a~1b/~0/m~01n//0');
  t.strictSame(pathOf(pointerOf(path)), path);
  t.strictSame(pathOf(''), []);
});

await t.test('the prefixes go from the root to the pointer itself', async (t) => {
  t.strictSame(prefixesOf('/a/0/b'), ['', '/a', '/a/0', '/a/0/b']);
  t.strictSame(prefixesOf(''), ['']);
});
