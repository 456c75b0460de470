import { createPrivateKey } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { CertificateFiles } from '../../src/config/tls-config.ts';
import { readCertificateFiles } from '../../src/tls/certificate-files.ts';
import { issueRoot } from '../../src/tls/issue-certificate.ts';
import { makeCa, makePair, RecordingLogger, type Pair } from '../helpers/certificates.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const ca = await makeCa();
const pair = await makePair(ca, ['app.example.com']);
const other = await makePair(ca, ['other.example.com']);

function save(t: Test, { cert, key }: Pair): CertificateFiles {
  const dir = tempDir(t);
  const files = { certFile: path.join(dir, 'cert.pem'), keyFile: path.join(dir, 'key.pem') };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o600 });
  return files;
}

async function read(files: CertificateFiles, logger = new RecordingLogger()): ReturnType<typeof readCertificateFiles> {
  return readCertificateFiles(files, Date.now(), logger);
}

await t.test('reads a certificate, its chain and its key without a word', async (t) => {
  const logger = new RecordingLogger();
  const files = save(t, { ...pair, cert: `Subject: for people\n${pair.cert}\r\n${ca.cert}` });
  const entry = await read(files, logger);
  t.match(entry, { names: ['app.example.com'], key: pair.key, keyType: 'ec', source: 'file', file: files.certFile });
  t.equal(entry.cert, `${pair.cert.trim()}\n${ca.cert.trim()}\n`, 'the chain and nothing else');
  t.strictSame(logger.warnings, []);
});

await t.test('certificate and key may share a file, and an RSA key may be in its old form', async (t) => {
  const rsa = await makePair(ca, ['app.example.com'], { keyType: 'rsa' });
  const key = createPrivateKey(rsa.key).export({ type: 'pkcs1', format: 'pem' });
  const { certFile } = save(t, { cert: `${rsa.cert}\n${key}`, key: '' });
  chmodSync(certFile, 0o600);
  const entry = await read({ certFile, keyFile: certFile });
  t.match(entry, { keyType: 'rsa', key: rsa.key });
  t.notMatch(entry.cert, /PRIVATE/, 'the key does not travel with the chain');
});

await t.test('each mistake is named in words, with the file and what would be right', async (t) => {
  const encrypted = createPrivateKey(pair.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  const small = await makePair(ca, ['app.example.com'], { keyType: 'rsa', rsaBits: 1024 });
  const cases: readonly (readonly [mistake: Pair, file: keyof CertificateFiles, message: RegExp])[] = [
    [{ ...pair, cert: '' }, 'certFile', /holds no certificate; PEM text is expected/],
    [{ ...pair, cert: 'garbage' }, 'certFile', /holds no certificate/],
    [{ ...pair, cert: pair.cert.slice(0, -60) }, 'certFile', /holds no certificate/],
    [{ ...pair, cert: pair.cert.replace('MII', 'AAA') }, 'certFile', /\(number 1\) that cannot be read; it is damaged/],
    [{ ...pair, cert: `${pair.cert}${ca.cert.replace('MII', 'AAA')}` }, 'certFile', /\(number 2\)/],
    [{ ...pair, cert: pair.key }, 'certFile', /holds a private key where a certificate is expected; are the two files swapped/],
    [{ ...pair, key: '' }, 'keyFile', /holds no private key; PEM text is expected/],
    [{ ...pair, key: pair.cert }, 'keyFile', /holds a certificate where a private key is expected; are the two files swapped/],
    [{ ...pair, key: pair.key.slice(0, 100) }, 'keyFile', /cannot be read; it is damaged or cut off/],
    [{ ...pair, key: encrypted }, 'keyFile', /is encrypted/],
    [{ ...pair, cert: other.cert }, 'certFile', /does not belong to the key in .*key\.pem/],
    [{ ...pair, cert: `${ca.cert}${pair.cert}` }, 'certFile', /has its own certificate at place 2; it must be the first/],
    [small, 'certFile', /is refused by OpenSSL \(.*key too small.*\)/i],
  ];
  for (const [mistake, which, message] of cases) {
    const files = save(t, mistake);
    await t.rejects(read(files), { name: 'CertificateError', problems: [{ file: files[which], text: message }] }, String(message));
  }
  const files = save(t, pair);
  await t.rejects(read({ ...files, keyFile: '/nowhere/key.pem' }), { message: '/nowhere/key.pem: does not exist; check the path.' });
});

await t.test('what works but will hurt is a warning', async (t) => {
  const nowMs = Date.now();
  const dayMs = 86_400_000;
  const root = { cert: await issueRoot(createPrivateKey(pair.key), 'self-signed', nowMs), key: pair.key };
  const cases: readonly (readonly [pair: Pair, warning: RegExp])[] = [
    [await makePair(ca, ['a.test'], { nowMs: nowMs - 91 * dayMs }), /has expired/],
    [await makePair(ca, ['a.test'], { nowMs: nowMs + dayMs }), /not valid yet/],
    [root, /no subjectAltName/],
    [{ ...pair, cert: `${pair.cert}${other.cert}` }, /not followed by the one that issued it/],
  ];
  for (const [given, warning] of cases) {
    const logger = new RecordingLogger();
    await read(save(t, given), logger);
    t.equal(logger.warnings.length, 1);
    t.match(logger.warnings[0], warning);
  }
});

await t.test('a key that others can read is a warning', async (t) => {
  const files = save(t, pair);
  chmodSync(files.keyFile, 0o644);
  const logger = new RecordingLogger();
  await read(files, logger);
  t.strictSame(logger.warnings, ['this private key can be read by other users; chmod 600 would prevent that']);
});
