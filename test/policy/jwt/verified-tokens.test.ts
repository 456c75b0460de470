import t from 'tap';
import { type VerifiedToken, VerifiedTokens } from '../../../src/policy/jwt/verified-tokens.ts';
import { Verifier } from '../../../src/policy/jwt/verifier.ts';

const verifier = new Verifier({ kid: null, algorithms: [], material: '' }, () => ({}));

function verified(change: Partial<VerifiedToken> = {}): VerifiedToken {
  return { identity: { kind: 'jwt', name: 'u', roles: [], claims: {} }, forwarded: [], verifier, fromMs: 100, untilMs: 200, ...change };
}

await t.test('a token counts while it lives, also when the clock is set back', async (t) => {
  const tokens = new VerifiedTokens();
  const shelf = tokens.shelf();
  const one = verified();
  shelf.add('a', one);
  t.equal(shelf.get('a', 100), one);
  t.equal(shelf.get('a', 199), one);
  t.equal(shelf.get('b', 150), null);
  t.equal(shelf.get('a', 200), null, 'ended');
  t.equal(tokens.size, 0, 'and forgotten');
  shelf.add('a', one);
  t.equal(shelf.get('a', 99), null, 'not begun');
});

await t.test('threat: a token whose key was withdrawn counts no longer', async (t) => {
  const tokens = new VerifiedTokens();
  const shelf = tokens.shelf();
  const withdrawn = new Verifier(verifier.key, () => ({}));
  shelf.add('a', verified({ verifier: withdrawn }));
  t.ok(shelf.get('a', 150));
  withdrawn.isRetired = true;
  t.equal(shelf.get('a', 150), null);
  t.equal(tokens.size, 0);
});

await t.test('what is good on one route is not known on another', async (t) => {
  const tokens = new VerifiedTokens();
  const [first, second] = [tokens.shelf(), tokens.shelf()];
  first.add('a', verified());
  t.equal(second.get('a', 150), null);
});

await t.test('tokens have a bound in number and in characters, over all routes; the one used longest ago goes first', async (t) => {
  const tokens = new VerifiedTokens(3, 100);
  const [first, second] = [tokens.shelf(), tokens.shelf()];
  for (const name of ['a', 'b', 'c']) first.add(name, verified());
  first.get('a', 150);
  second.add('d', verified());
  t.strictSame(['a', 'b', 'c'].map((name) => first.get(name, 150) !== null), [true, false, true], 'the fullest shelf gives way');
  t.ok(second.get('d', 150));
  t.equal(tokens.size, 3);
  second.add('y'.repeat(60), verified());
  first.add('z'.repeat(60), verified());
  t.equal([first, second].reduce((sum, { chars }) => sum + chars, 0) <= 100, true);
  second.close();
  first.close();
  t.equal(tokens.size, 0);
});

await t.test('memory stays as it is under a flood', async (t) => {
  const tokens = new VerifiedTokens();
  const shelf = tokens.shelf();
  for (let i = 0; i < 20_000; i++) shelf.add(`${i}`.padStart(2000, '.'), verified());
  t.equal(tokens.size, 2097, 'as many as fit into 4 Mi characters');
  t.equal(shelf.chars, 2097 * 2000);
  tokens.close();
  t.equal(tokens.size, 0);
});

await t.test('threat: what is found good only after the end of its route takes no place for ever', async (t) => {
  const tokens = new VerifiedTokens();
  const shelf = tokens.shelf();
  shelf.close();
  shelf.add('a', verified());
  t.strictSame([tokens.size, shelf.chars, shelf.get('a', 150)], [0, 0, null]);
});
