import t from 'tap';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import {
  checkedAccountKey, checkedAccountUrl, checkedCertificate, checkedChallenge, DamageError, parseJson, toBeStored,
} from '../../../src/tls/store/stored-entry.ts';
import { certificateFor } from './conformance.ts';

await t.test('a certificate has its own fields and no other', async (t) => {
  const certificate = certificateFor(['a.test']);
  t.strictSame(checkedCertificate({ ...certificate, password: 'x' }), certificate);
});

await t.test('what is no certificate is damage', async (t) => {
  const certificate = certificateFor(['a.test']);
  const names = Array.from({ length: 1001 }, (_, number) => `n${number}.test`);
  for (const value of [null, undefined, 1, 'text', [], {}, { ...certificate, names }, { ...certificate, staging: 'no' }, { ...certificate, directory: 'file:///etc/x' }, { ...certificate, names: ['x'.repeat(1_048_570)] }]) {
    t.throws(() => checkedCertificate(value), { name: 'DamageError' });
  }
});

await t.test('what is no challenge is damage', async (t) => {
  const challenge = { host: 'a.test', type: 'tls-alpn-01', token: '', keyAuthorization: 'k' } as const;
  t.strictSame(checkedChallenge({ ...challenge, expiresAtMs: 1 }), challenge);
  for (const value of [null, {}, { ...challenge, type: 'dns-01' }, { ...challenge, keyAuthorization: '' }, { ...challenge, host: 'x'.repeat(256) }]) {
    t.throws(() => checkedChallenge(value), { name: 'DamageError' });
  }
});

await t.test('an account has a key and the URL of a web server', async (t) => {
  const key = newKey();
  t.equal(checkedAccountKey(`\n${key}\n\n`), key);
  t.throws(() => checkedAccountKey(key.slice(0, 60)), { name: 'DamageError' });
  t.equal(checkedAccountUrl('https://ca.test/account/1'), 'https://ca.test/account/1');
  for (const url of ['', 'javascript:1', 'https://a b', 'https://a\n', 1, null]) t.throws(() => checkedAccountUrl(url), { name: 'DamageError' });
});

await t.test('an error never holds the text it is about', async (t) => {
  t.throws(() => parseJson('{"key":"-----BEGIN PRIVATE KEY-----MII'), { name: 'DamageError', message: 'is not the JSON that was written there', cause: undefined });
  t.throws(() => parseJson('  \n'), { name: 'DamageError', message: 'is empty' });
});

await t.test('what is damaged before it is stored is an error of the store; any other error stays what it is', async (t) => {
  t.throws(() => toBeStored('x', checkedAccountKey, 'the key'), { name: 'StoreError', message: 'the key is not a private key; it is not stored.' });
  const bug = new TypeError('bug');
  t.throws(() => toBeStored('x', () => { throw bug; }, 'the key'), bug);
  t.equal(toBeStored(1, (value) => value + 1, 'a number'), 2);
  t.ok(new DamageError('is empty') instanceof Error);
});
