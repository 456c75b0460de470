import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { readKeySet } from '../../src/lib/json-web-key-set.ts';
import { jwkOf, PAIRS } from '../helpers/token-issuer.ts';

const rsa = await jwkOf(PAIRS.rsa.publicKey);
const p256 = await jwkOf(PAIRS.p256.publicKey);

function read(...keys: readonly unknown[]) {
  return readKeySet(JSON.stringify({ keys }));
}

await t.test('keys for signatures are taken, with the algorithms they name or all of their kind', async (t) => {
  const { keys, ignored } = read({ ...rsa, kid: 'a', use: 'sig' }, { ...rsa, kid: 'b', alg: 'RS256' }, { ...p256, key_ops: ['verify'], x5u: 'https://evil.test/', unknown: 1 });
  t.strictSame(ignored, []);
  t.strictSame(keys.map(({ kid, algorithms }) => [kid, algorithms.join()]), [['a', 'RS256,RS384,RS512,PS256,PS384,PS512'], ['b', 'RS256'], [null, 'ES256']]);
});

await t.test('threat: what must not check signatures is left out, and the reason given', async (t) => {
  const short = await jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ ...rsa, kid: 'e', use: 'enc' }, /`e`.*not for signatures/],
    [{ ...rsa, key_ops: ['encrypt'] }, /number 1.*not for checking/],
    [{ kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I', alg: 'HS256' }, /it is a secret/],
    [{ ...rsa, k: 'c2VjcmV0' }, /it is a secret/],
    [await jwkOf(PAIRS.p256.privateKey), /private part/],
    [short, /1024 bits/],
    [{ ...rsa, alg: 'HS256' }, /HS256 is not an algorithm for a key of its kind/],
    [{ ...rsa, alg: 'none' }, /its `alg` is not an algorithm/],
    [{ ...p256, alg: 'ES384' }, /ES384/],
    [{ ...p256, x: 'AAAA' }, /cannot be read/],
    [{ ...p256, kid: 5 }, /`kid` is not a text/],
    [{ ...p256, kid: 'k'.repeat(513) }, /`kid` is not a text/],
    [{}, /cannot be read/], ['text', /not a set of members/], [null, /not a set of members/], [[], /not a set of members/],
  ];
  for (const [jwk, reason] of cases) {
    const { keys, ignored } = read(jwk);
    t.strictSame(keys, [], String(reason));
    t.match(ignored, [reason]);
  }
});

await t.test('what is no set is refused', async (t) => {
  t.throws(() => readKeySet('<html>'), { name: 'RangeError', message: 'it is not JSON' });
  for (const text of ['null', '[]', '{}', '{"keys":{}}', JSON.stringify(rsa)]) t.throws(() => readKeySet(text), { name: 'RangeError', message: /list `keys`/ });
  t.throws(() => read(...Array.from({ length: 101 }, () => p256)), /101 keys/);
});
