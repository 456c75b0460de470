import t from 'tap';
import { forwardedHeaders } from '../../../src/policy/jwt/forwarded-claims.ts';

function forwarded(value: unknown): string[] {
  return forwardedHeaders({ a: { b: value } }, [{ header: 'X-A', path: 'a.b' }]);
}

await t.test('texts as they are, numbers and maps as JSON, lists with commas', async (t) => {
  t.strictSame(forwarded('u1'), ['X-A', 'u1']);
  t.strictSame(forwarded(5), ['X-A', '5']);
  t.strictSame(forwarded(false), ['X-A', 'false']);
  t.strictSame(forwarded({ c: [1] }), ['X-A', '{"c":[1]}']);
  t.strictSame(forwarded(['a', 'b', 3, { c: 1 }]), ['X-A', 'a,b,3,{"c":1}']);
});

await t.test('what a token does not have is not sent', async (t) => {
  for (const value of [undefined, null, '', [], '  ']) t.strictSame(forwarded(value), []);
});

await t.test('threat: a value is one value of one header', async (t) => {
  t.strictSame(forwarded(['user,admin', 'b']), ['X-A', 'user%2Cadmin,b'], 'a role with a comma in its name does not become two');
  t.strictSame(forwarded('a\r\nX-Role: admin\0\u000b\u007f\u0085b'), ['X-A', 'a X-Role: admin b']);
  t.strictSame(forwarded('Jürgen'), ['X-A', 'J\u00c3\u00bcrgen'], 'as UTF-8');
});
