import { createPrivateKey } from 'node:crypto';
import t from 'tap';
import { certificateEntry, parseCertificate, parsePrivateKey } from '../../src/tls/certificate-entry.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';

await t.test('says what a certificate is for, in plain data that crosses threads', async (t) => {
  const nowMs = Date.UTC(2026, 5, 1);
  for (const keyType of ['ec', 'rsa'] as const) {
    const { cert, key } = await makePair(await makeCa(nowMs), ['*.example.com', '::1'], { keyType, nowMs });
    const leaf = parseCertificate(cert);
    if (leaf === null) throw new Error('not a certificate');
    const entry = certificateEntry(leaf, createPrivateKey(key), { cert, source: 'file', file: '/etc/a.pem' });
    const { issuer, ...others } = entry;
    t.strictSame(others, { names: ['*.example.com', '::1'], cert, key, keyType, source: 'file', file: '/etc/a.pem', notAfterMs: nowMs + 90 * 86_400_000 });
    t.match(issuer, /^test CA [0-9a-f]{6}$/, 'the common name alone');
    t.strictSame(structuredClone(entry), entry);
  }
});

await t.test('what is no certificate or key is null, never a throw', async (t) => {
  const { cert, key } = await makePair(await makeCa(), ['a.test']);
  for (const text of ['', 'garbage', key, cert.slice(0, 200)]) t.equal(parseCertificate(text), null);
  for (const text of ['', 'garbage', cert, key.slice(0, 100)]) t.equal(parsePrivateKey(text), null);
  const encrypted = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  t.equal(parsePrivateKey(encrypted), null, 'one that needs a passphrase too');
});
