import t from 'tap';
import type { NeededClaim } from '../../../src/config/jwt-config.ts';
import { ClaimRules } from '../../../src/policy/jwt/claim-rules.ts';

const NOW_S = 1_800_000_000;
const LEEWAY_S = 30;

function lifeOf(claims: Record<string, unknown>, maxAgeMs: number | null = null, needed: readonly NeededClaim[] = []) {
  return new ClaimRules({ leewayMs: LEEWAY_S * 1000, maxAgeMs, claims: needed }).check(claims, NOW_S * 1000);
}

function refused(claims: Record<string, unknown>, reason: RegExp, maxAgeMs?: number): void {
  t.throws(() => lifeOf(claims, maxAgeMs), { name: 'TokenFault', message: reason });
}

await t.test('a token ends at exp and not later, leeway aside (RFC 7519 section 4.1.4)', async (t) => {
  t.strictSame(lifeOf({ exp: NOW_S - LEEWAY_S + 1 }), { fromMs: -Infinity, untilMs: (NOW_S + 1) * 1000 });
  t.throws(() => lifeOf({ exp: NOW_S - LEEWAY_S }), { message: /too old for 0 s/, problem: 'the token has expired' });
  t.equal(lifeOf({ exp: NOW_S + 0.5 }).untilMs, NOW_S * 1000 + 500 + 30_000);
  t.equal(lifeOf({}).untilMs, Infinity);
});

await t.test('a token begins at nbf, leeway aside', async (t) => {
  t.equal(lifeOf({ nbf: NOW_S + LEEWAY_S }).fromMs, NOW_S * 1000);
  refused({ nbf: NOW_S + LEEWAY_S + 1 }, /only in 1 s/);
});

await t.test('maxAge counts from iat, and needs it', async (t) => {
  t.equal(lifeOf({ iat: NOW_S - 100, exp: NOW_S + 9999 }, 100_000).untilMs, (NOW_S + LEEWAY_S) * 1000);
  refused({ iat: NOW_S - 131 }, /too old/, 100_000);
  refused({}, /`iat`/, 100_000);
  refused({ iat: NOW_S + 31 }, /only in 1 s/, 100_000);
  t.doesNotThrow(() => lifeOf({ iat: NOW_S + 31 }), 'without maxAge, nothing depends on it');
});

await t.test('threat: a time that is none is refused', async () => {
  for (const name of ['exp', 'nbf', 'iat']) for (const time of ['1900000000', null, true, [1_900_000_000], {}, JSON.parse('1e999') as number]) refused({ [name]: time }, new RegExp(`\`${name}\` is not a time`));
});

function passes(value: unknown, values: NeededClaim['values']): boolean {
  try {
    lifeOf({ a: { b: value } }, null, [{ path: 'a.b', values }]);
    return true;
  } catch {
    return false;
  }
}

await t.test('claims have one of the values, be it in a list, or just are there', async (t) => {
  t.ok(passes('x', ['x', 'y']));
  t.ok(passes(['z', 'y'], ['x', 'y']));
  t.ok(passes(2, [2]));
  t.ok(passes(false, [false]));
  for (const value of ['z', ['z'], [], 'x y', { x: 1 }, undefined, null]) t.notOk(passes(value, ['x', 'y']), JSON.stringify(value));
  t.notOk(passes('2', [2]), 'a text is no number');
  for (const value of ['x', 0, true, []]) t.ok(passes(value, null), JSON.stringify(value));
  for (const value of [undefined, null, false]) t.notOk(passes(value, null), JSON.stringify(value));
});
