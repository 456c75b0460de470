import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { certificateText, parseCertificateText } from '../../../src/tls/store/certificate-text.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { requireService } from '../../helpers/service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { certificateFor } from './conformance.ts';

await t.test('what was written is read', async (t) => {
  const ca = await makeCa();
  const { cert, key } = await makePair(ca, ['a.test'], { keyType: 'rsa' });
  const chain = { ...certificateFor(['a.test', '*.a.test']), cert: cert + ca.cert, key };
  t.strictSame(parseCertificateText(certificateText(chain)), chain);
});

await t.test('cut off anywhere, it is damaged', async (t) => {
  const text = certificateText(certificateFor(['a.test']));
  for (let length = 0; length < text.length - 2; length += 7) {
    t.throws(() => parseCertificateText(text.slice(0, length)), { name: 'DamageError' }, `at ${length}`);
  }
});

await t.test('damage is named', async (t) => {
  const text = certificateText(certificateFor(['a.test']));
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['', /is empty/],
    ['-----BEGIN CERTIFICATE-----\n', /does not begin as a file that was written here/],
    [text.replace('{', ''), /is not the JSON/],
    [text.replace('"names"', '"nomes"'), /does not have the fields/],
    [text.replace(/\{.*\}/, '[]'), /does not have the fields/],
    [text.replace(/\{.*\}/, 'null'), /does not have the fields/],
    [text.slice(0, text.indexOf('-----BEGIN PRIVATE')), /has no private key/],
    [text.replace(/-----BEGIN PRIVATE.*/s, certificateFor(['b.test'], 1).key), /does not belong to its certificate/],
  ];
  for (const [damaged, message] of cases) t.throws(() => parseCertificateText(damaged), { name: 'DamageError', message });
});

await t.test('openssl reads certificate and key from it, also below a heading of many names', async (t) => {
  const openssl = requireService(t, 'openssl');
  if (openssl === null) return;
  const file = path.join(tempDir(t), 'a.pem');
  const names = Array.from({ length: 100 }, (_, number) => `n${number}.${'x'.repeat(60)}.${'y'.repeat(60)}.test`);
  writeFileSync(file, certificateText(certificateFor(names)));
  t.match(execFileSync(openssl, ['x509', '-in', file, '-noout', '-issuer'], { encoding: 'utf8' }), /test CA/);
  const keyOf = (...command: string[]): string => execFileSync(openssl, command, { encoding: 'utf8' });
  t.equal(keyOf('pkey', '-in', file, '-pubout'), keyOf('x509', '-in', file, '-noout', '-pubkey'));
});
