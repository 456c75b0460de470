import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { issueLeaf, issueProof, issueRoot, LEAF_LIFETIME_MS, newKey } from '../../src/tls/issue-certificate.ts';
import { tlsProfile } from '../../src/tls/profile.ts';
import { makeCa } from '../helpers/certificates.ts';
import { handshake, listenTls, portOf } from '../helpers/handshake.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const run = promisify(execFile);
const HOUR_MS = 3_600_000;
const NAMES = ['app.example.com', '*.example.com', '127.0.0.1', '::1'];

await t.test('a root is a CA for ten years, backdated an hour, with a name that can be read', async (t) => {
  const nowMs = Date.UTC(2026, 5, 1);
  const key = createPrivateKey(newKey());
  const root = new X509Certificate(await issueRoot(key, 'Sluice local CA höst, x=1', nowMs));
  t.ok(root.ca);
  t.ok(root.checkPrivateKey(key));
  t.ok(root.verify(root.publicKey));
  t.equal(Date.parse(root.validFrom), nowMs - HOUR_MS);
  t.equal(Date.parse(root.validTo), nowMs + 3650 * 24 * HOUR_MS);
  t.match(root.subject, /^O=Sluice\nCN=Sluice local CA höst.*x=1 [0-9a-f]{6}$/);
  t.match(root.serialNumber, /^[0-9A-F]{20,34}$/);
});

await t.test('a long machine name does not make a name no client accepts', async (t) => {
  const root = new X509Certificate(await issueRoot(createPrivateKey(newKey()), 'h'.repeat(300), Date.now()));
  t.match(root.subject, /^O=Sluice\nCN=h{57} [0-9a-f]{6}$/);
});

await t.test('a leaf lives 90 days but not longer than its root, and serials are never the same', async (t) => {
  const nowMs = Date.UTC(2026, 5, 1);
  const ca = await makeCa(nowMs);
  const key = createPrivateKey(newKey());
  const leaf = new X509Certificate(await issueLeaf(ca, key, NAMES, nowMs));
  t.equal(Date.parse(leaf.validTo), nowMs + LEAF_LIFETIME_MS);
  const lateMs = nowMs + 3640 * 24 * HOUR_MS;
  const late = new X509Certificate(await issueLeaf(ca, key, NAMES, lateMs));
  t.equal(late.validTo, new X509Certificate(ca.cert).validTo);
  t.not(late.serialNumber, leaf.serialNumber);
  t.strictSame(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'for servers only');
});

await t.test('openssl accepts the chain for each name under its strictest rules', async (t) => {
  const openssl = requireService(t, 'openssl');
  if (openssl === null) return;
  const dir = tempDir(t);
  const ca = await makeCa();
  writeFileSync(path.join(dir, 'ca.crt'), ca.cert);
  writeFileSync(path.join(dir, 'leaf.crt'), await issueLeaf(ca, createPrivateKey(newKey()), NAMES, Date.now()));
  const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', 'ca.crt'];
  const checks = [['-verify_hostname', 'app.example.com'], ['-verify_hostname', 'other.example.com'], ['-verify_ip', '127.0.0.1'], ['-verify_ip', '::1']];
  for (const check of checks) {
    const { stdout } = await run(openssl, [...verify, ...check, 'leaf.crt'], { cwd: dir });
    t.equal(stdout, 'leaf.crt: OK\n', check.join(' '));
  }
  await t.rejects(run(openssl, [...verify, '-verify_hostname', 'a.b.example.com', 'leaf.crt'], { cwd: dir }));
  const { stdout } = await run(openssl, ['x509', '-in', 'leaf.crt', '-noout', '-text'], { cwd: dir });
  t.match(stdout, /Basic Constraints: critical\s+CA:FALSE/);
  t.match(stdout, /Key Usage: critical\s+Digital Signature\n/);
  t.match(stdout, /Subject Key Identifier/);
  t.match(stdout, /Authority Key Identifier/);
});

await t.test('a client that trusts the root completes a verified handshake', async (t) => {
  const ca = await makeCa();
  const key = newKey();
  const cert = await issueLeaf(ca, createPrivateKey(key), NAMES, Date.now());
  const port = portOf(await listenTls(t, { ...tlsProfile, cert, key }));
  t.equal((await handshake(port, { ca: ca.cert, servername: 'app.example.com' })).protocol, 'TLSv1.3');
  await t.resolves(handshake(port, { ca: ca.cert }), 'by address');
  await t.rejects(handshake(port, { ca: ca.cert, servername: 'other.test' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  await t.rejects(handshake(port, { servername: 'app.example.com' }), { code: /UNABLE_TO_VERIFY|UNABLE_TO_GET/ });
});

await t.test('the answer to tls-alpn-01 is for one host, with the digest in a critical extension (RFC 8737, 3)', async (t) => {
  const key = createPrivateKey(newKey());
  const proof = new X509Certificate(await issueProof(key, 'app.example.com', 'token.print', Date.now()));
  t.equal(proof.subjectAltName, 'DNS:app.example.com');
  t.ok(proof.verify(proof.publicKey), 'signed by itself');
  t.ok(proof.checkPrivateKey(key));
  // OID 1.3.6.1.5.5.7.1.31, critical, and an OCTET STRING in the OCTET STRING of every extension.
  const extension = Buffer.from('06082b0601050507011f0101ff04220420', 'hex');
  const digest = createHash('sha256').update('token.print').digest();
  t.ok(proof.raw.includes(Buffer.concat([extension, digest])));
});
