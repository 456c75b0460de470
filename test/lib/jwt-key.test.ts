import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import t from 'tap';
import { limitedTo, publicKeyOf } from '../../src/lib/jwt-key.ts';
import { PAIRS } from '../helpers/token-issuer.ts';

function algorithmsOf(key: KeyObject): readonly string[] {
  return publicKeyOf(key).algorithms;
}

await t.test('each kind of key is bound to its own algorithms', async (t) => {
  t.strictSame(algorithmsOf(PAIRS.rsa.publicKey), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
  t.strictSame(algorithmsOf(PAIRS.p256.publicKey), ['ES256']);
  t.strictSame(algorithmsOf(PAIRS.p384.publicKey), ['ES384']);
  t.strictSame(algorithmsOf(PAIRS.p521.publicKey), ['ES512']);
  t.strictSame(algorithmsOf(PAIRS.ed25519.publicKey), ['EdDSA']);
  t.strictSame(algorithmsOf(generateKeyPairSync('ed448').publicKey), ['EdDSA']);
  t.match(publicKeyOf(PAIRS.rsa.publicKey).material, /^-----BEGIN PUBLIC KEY-----\n/);
});

await t.test('threat: keys that protect nothing, or are of another kind, are refused', async (t) => {
  const refused = (key: KeyObject, reason: RegExp): unknown => t.throws(() => publicKeyOf(key), reason);
  refused(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, /1024 bits can be broken/);
  refused(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, /secp256k1 is of no use/);
  refused(generateKeyPairSync('x25519').publicKey, /x25519 is of no use/);
  refused(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, /rsa-pss is of no use/);
  const rsa = PAIRS.rsa.publicKey.export({ format: 'jwk' });
  refused(createPublicKey({ format: 'jwk', key: { ...rsa, e: 'AQ' } }), /exponent 1 protects nothing/);
  refused(createPublicKey({ format: 'jwk', key: { ...rsa, n: `_${'A'.repeat(1500)}B` } }), /takes too long/);
});

await t.test('keys are limited to algorithms', async (t) => {
  const keys = [{ kid: 'a', algorithms: ['RS256', 'PS256'], material: 'x' }, { kid: 'b', algorithms: ['ES256'], material: 'y' }] as const;
  t.strictSame(limitedTo(null, keys), keys);
  t.strictSame(limitedTo(['PS256', 'HS256'], keys), [{ kid: 'a', algorithms: ['PS256'], material: 'x' }]);
});
