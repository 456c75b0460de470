import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import { canonicalPath } from '../../src/request/path.ts';

await t.test('a path is given back in its one spelling', async (t) => {
  t.equal(canonicalPath('/api/v1'), '/api/v1');
  t.equal(canonicalPath('/api//%7Ea/../b'), '/api/b');
});

await t.test('each trick of the threat list is refused as bad_path, with the reason for the log', async (t) => {
  const tricks = ['/../etc', '/%2e%2e/etc', '/%252e%252e/etc', '/a%2f..%2fb', '/a%5c..', '/a\\..\\b', '/..;/admin', '/a%00.png', '/%c0%ae/', '/%ff'];
  for (const raw of tricks) {
    t.throws(() => canonicalPath(raw), { name: 'GatewayError', code: 'bad_path' }, raw);
  }
  t.throws(() => canonicalPath('/..'), new GatewayError('bad_path', 'it climbs above the root'));
});

await t.test('a path as long as a request head may be costs time in proportion', async (t) => {
  const depth = 20_000;
  t.equal(canonicalPath('/a/..'.repeat(depth)), '/');
  t.equal(canonicalPath('/'.repeat(depth)), '/');
  t.equal(canonicalPath(`/${'%41'.repeat(depth)}`).length, depth + 1);
  t.throws(() => canonicalPath(`/${'%25'.repeat(depth)}2e`), { code: 'bad_path' });
});
