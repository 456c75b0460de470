import { randomBytes } from 'node:crypto';
import t from 'tap';
import { secretWeakness } from '../../src/lib/weak-secret.ts';

await t.test('a secret is not shorter than the hash, in bytes', async (t) => {
  const secret = randomBytes(48).toString('hex');
  for (const [algorithm, bytes] of [['HS256', 32], ['HS384', 48], ['HS512', 64]] as const) {
    t.equal(secretWeakness(secret.slice(0, bytes), [algorithm]), null);
    t.equal(secretWeakness(secret.slice(0, bytes - 1), [algorithm]), `it has ${bytes - 1} bytes, and ${algorithm} needs at least ${bytes}`);
  }
  t.match(secretWeakness(secret.slice(0, 48), ['HS256', 'HS512']), /HS512/);
});

await t.test('threat: secrets from documentation, words in a row and repetitions are refused', async (t) => {
  const weak = [
    'your-256-bit-secret-your-256-bit-secret', 'a-string-secret-at-least-256-bits-long', 'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    'ChangeMe-ChangeMe-ChangeMe-ChangeMe', 'my_super_secret_key_that_nobody_will_guess', 'correct-password-for-all-of-our-services', 'keyboard cat keyboard cat keyboard cat',
    'a'.repeat(64), 'abcabcabcabcabcabcabcabcabcabcabcabc', '0123456789abcdef0123456789abcdef', 'k3jX9-Lw'.repeat(8), 'abcdefghijklmnopqrstuvwxyz0123456789',
    '00000000000000000000000000000000000001',
  ];
  for (const secret of weak) {
    const reason = secretWeakness(secret, ['HS256']);
    t.ok(reason, secret);
    t.notOk(reason?.includes(secret), 'the secret is not repeated');
  }
});

await t.test('what `openssl rand` prints is taken', async (t) => {
  for (let i = 0; i < 2000; i++) {
    for (const secret of [randomBytes(16).toString('hex'), randomBytes(32).toString('base64'), randomBytes(64).toString('base64url')]) {
      if (secretWeakness(secret, ['HS256']) !== null) t.fail(secret);
    }
  }
});
