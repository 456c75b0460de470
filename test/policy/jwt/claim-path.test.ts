import t from 'tap';
import { claimAt, wordsAt } from '../../../src/policy/jwt/claim-path.ts';

const claims = JSON.parse('{"sub":"u","a":{"b":{"c":1},"b.c":2},"https://example.com/roles":["x"],"a.d":3,"__proto__":{"e":4},"n":null,"l":[{"a":1}]}') as Record<string, unknown>;

await t.test('a claim by its own name, then by the way into maps', async (t) => {
  t.equal(claimAt(claims, 'sub'), 'u');
  t.equal(claimAt(claims, 'a.d'), 3);
  t.equal(claimAt(claims, 'a.b.c'), 2);
  t.strictSame(claimAt(claims, 'a.b'), { c: 1 });
  t.strictSame(claimAt(claims, 'https://example.com/roles'), ['x']);
  t.equal(claimAt(claims, 'n'), null);
});

await t.test('threat: what is no member of the token is not found', async (t) => {
  for (const path of ['constructor', 'toString', 'e', 'a.constructor', 'sub.length', 'l.0', 'l.length', 'n.a', 'x', 'a.', '.a', '']) t.equal(claimAt(claims, path), undefined, path);
});

await t.test('words are the texts of a list, or stand between spaces', async (t) => {
  t.strictSame(wordsAt({ r: ['a', 1, 'b c', null] }, 'r'), ['a', 'b c']);
  t.strictSame(wordsAt({ scope: ' read  write ' }, 'scope'), ['read', 'write']);
  for (const value of [undefined, null, 5, true, { admin: true }]) t.strictSame(wordsAt({ r: value }, 'r'), []);
});
