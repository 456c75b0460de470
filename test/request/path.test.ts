import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import { canonicalPath, looseReading } from '../../src/request/path.ts';

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

await t.test('a loose reading drops parameters and decodes twice', async (t) => {
  const cases: readonly (readonly [path: string, loose: string])[] = [
    ['/a/b%20c', '/a/b%20c'],
    ['/a;v=1/b%3Bx;y/c', '/a/b/c'],
    ['/%3Bx/a', '/a'],
    ['/%2561/%25255F', '/a/_'],
    ['/a%253Bx/b', '/a/b'],
    ['/100%25', '/100%25'],
    ['/a%25FF', '/a%25FF'],
    ['/a%2520b', '/a%20b'],
  ];
  for (const [path, loose] of cases) t.equal(looseReading(path), loose, path);
  t.throws(() => looseReading('/a/..%253B/b/../../..'), { code: 'bad_path' });
  t.equal(looseReading('/a/..%253B/b'), '/b');
});
