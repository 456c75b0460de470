import { execFile } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { issueLeaf, issueRoot, newKey } from '../../src/tls/issue-certificate.ts';
import { openLocalCa, type LocalCa } from '../../src/tls/local-ca.ts';
import { makeCa, makePair, RecordingLogger } from '../helpers/certificates.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { asNobody } from '../helpers/nobody.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const DAY_MS = 86_400_000;

async function open(dir: string, logger = new RecordingLogger(), clock = new ManualClock()): Promise<LocalCa> {
  return openLocalCa(dir, { clock, logger });
}

async function madeStore(t: Test): Promise<{ dir: string; keyFile: string; certFile: string }> {
  const dir = tempDir(t);
  await open(dir);
  return { dir, keyFile: path.join(dir, 'ca.key'), certFile: path.join(dir, 'ca.crt') };
}

await t.test('is made on first use: a folder and a key for the owner alone, and a certificate for all', async (t) => {
  const dir = path.join(tempDir(t), 'store');
  const logger = new RecordingLogger();
  const before = process.umask(0);
  const ca = await open(dir, logger).finally(() => process.umask(before));
  t.equal(statSync(dir).mode & 0o777, 0o700);
  t.equal(statSync(path.join(dir, 'ca.key')).mode & 0o777, 0o600);
  t.equal(statSync(path.join(dir, 'ca.crt')).mode & 0o777, 0o644);
  t.strictSame(readdirSync(dir).toSorted(), ['ca.crt', 'ca.key']);
  t.strictSame(ca.store, { dir, certFile: path.join(dir, 'ca.crt') });
  const root = new X509Certificate(ca.cert);
  t.ok(root.ca && root.checkPrivateKey(ca.key));
  t.match(root.subject, /CN=Sluice local CA /);
  t.match(logger, { infos: [/made a local CA/], warnings: [] });
});

await t.test('is the same at the next start', async (t) => {
  const { dir, keyFile } = await madeStore(t);
  const key = readFileSync(keyFile, 'utf8');
  const logger = new RecordingLogger();
  const again = await open(dir, logger);
  t.equal(again.cert, readFileSync(path.join(dir, 'ca.crt'), 'utf8'));
  t.equal(readFileSync(keyFile, 'utf8'), key);
  t.match(logger, { infos: [], warnings: [] });
});

await t.test('a start that died between key and certificate is completed with that key', async (t) => {
  const { dir, keyFile, certFile } = await madeStore(t);
  const key = readFileSync(keyFile, 'utf8');
  rmSync(certFile);
  const ca = await open(dir);
  t.equal(readFileSync(keyFile, 'utf8'), key);
  t.ok(new X509Certificate(ca.cert).checkPrivateKey(createPrivateKey(key)));
});

await t.test('a damaged store is an error that names the file and the way out, and nothing is overwritten', async (t) => {
  const { cert: strangeCert } = await makeCa(Date.UTC(2026, 0, 1));
  const key = createPrivateKey(newKey());
  const leafCert = (await makePair(await makeCa(), ['a.test'])).cert;
  const cases: readonly (readonly [file: 'ca.key' | 'ca.crt', content: string, message: RegExp])[] = [
    ['ca.key', '', /ca\.key: is damaged/],
    ['ca.key', 'garbage', /ca\.key: is damaged/],
    ['ca.key', key.export({ type: 'pkcs8', format: 'pem' }).slice(0, 90), /ca\.key: is damaged/],
    ['ca.key', newKey(), /ca\.crt: does not belong to ca\.key/],
    ['ca.key', generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), /ca\.key: is not a P-256 key/],
    ['ca.crt', '', /ca\.crt: is damaged/],
    ['ca.crt', 'garbage', /ca\.crt: is damaged/],
    ['ca.crt', strangeCert, /ca\.crt: does not belong to ca\.key/],
    ['ca.crt', leafCert, /ca\.crt: does not belong to ca\.key/],
  ];
  for (const [name, content, message] of cases) {
    const { dir } = await madeStore(t);
    const file = path.join(dir, name);
    writeFileSync(file, content);
    const error: unknown = await open(dir).catch((thrown: unknown) => thrown);
    t.match(error, { name: 'CertificateError', message }, String(message));
    t.match(error, { message: /Move ca\.key and ca\.crt away and start again/ });
    t.equal(readFileSync(file, 'utf8'), content, 'what was there is there');
    t.strictSame(readdirSync(dir).toSorted(), ['ca.crt', 'ca.key']);
  }
});

await t.test('a certificate that lost its key is an error, not a reason for another key', async (t) => {
  const { dir, keyFile, certFile } = await madeStore(t);
  rmSync(keyFile);
  await t.rejects(open(dir), { name: 'CertificateError', problems: [{ file: certFile, text: /has no ca\.key beside it/ }] });
  t.notOk(existsSync(keyFile));
});

await t.test('a certificate for the right key that is no CA is an error', async (t) => {
  const { dir, keyFile, certFile } = await madeStore(t);
  const key = createPrivateKey(readFileSync(keyFile, 'utf8'));
  const signer = { cert: readFileSync(certFile, 'utf8'), key };
  writeFileSync(certFile, await issueLeaf(signer, key, ['a.test'], Date.UTC(2026, 0, 1)));
  await t.rejects(open(dir), { message: /is not the certificate of a CA/ });
});

await t.test('the end of its ten years is announced and then enforced', async (t) => {
  const { dir } = await madeStore(t);
  const logger = new RecordingLogger();
  const clock = new ManualClock();
  clock.jumpWallClock(3600 * DAY_MS);
  await open(dir, logger, clock);
  t.match(logger.warnings, [/expires soon/]);
  clock.jumpWallClock(51 * DAY_MS);
  await t.rejects(open(dir, logger, clock), { message: /has expired/ });
});

await t.test('a key that others can read is a warning', async (t) => {
  const { dir, keyFile } = await madeStore(t);
  chmodSync(keyFile, 0o644);
  const logger = new RecordingLogger();
  await open(dir, logger);
  t.match(logger.warnings, [/can be read by other users/]);
});

await t.test('a key we may not read is an error: another CA beside it would surprise everybody', async (t) => {
  const { dir, keyFile } = await madeStore(t);
  chmodSync(dir, 0o755);
  chmodSync(keyFile, 0o000);
  await asNobody(async () => t.rejects(open(dir), { name: 'CertificateError', problems: [{ file: keyFile, text: /may not be read by this user/ }] }));
});

await t.test('a store that cannot be written leads to a CA in memory and a warning: traffic goes on', async (t) => {
  const dir = tempDir(t);
  chmodSync(dir, 0o555);
  const logger = new RecordingLogger();
  const ca = await asNobody(async () => open(dir, logger));
  t.equal(ca.store, null);
  t.ok(new X509Certificate(ca.cert).checkPrivateKey(ca.key));
  t.match(logger.warnings, [/cannot be stored; one in memory is used/]);
  t.strictSame(readdirSync(dir), []);
});

await t.test('a full disk is the same, and no half-written file stays', async (t) => {
  const dir = tempDir(t);
  // Stands for ENOSPC: no file of this process may grow, and what was opened must go again.
  const script = `
    process.on('SIGXFSZ', () => {});
    const { openLocalCa } = await import(${JSON.stringify(new URL('../../src/tls/local-ca.ts', import.meta.url).href)});
    const warnings = [];
    const logger = { info() {}, warn: (text, fields) => warnings.push(text + ' ' + fields.code) };
    const ca = await openLocalCa(${JSON.stringify(dir)}, { clock: { now: () => Date.now() }, logger });
    process.exitCode = ca.store === null && warnings.length === 1 && warnings[0].endsWith('EFBIG') ? 0 : 1;
  `;
  await promisify(execFile)('sh', ['-c', 'ulimit -f 0 && exec "$0" --input-type=module -e "$1"', process.execPath, script]);
  t.strictSame(readdirSync(dir), []);
});

await t.test('processes that start at once agree on one CA', async (t) => {
  const dir = path.join(tempDir(t), 'store');
  const script = `
    const { openLocalCa } = await import(${JSON.stringify(new URL('../../src/tls/local-ca.ts', import.meta.url).href)});
    const services = { clock: { now: () => Date.now() }, logger: { info() {}, warn(text) { throw new Error(text); } } };
    process.stdout.write((await openLocalCa(${JSON.stringify(dir)}, services)).cert);
  `;
  const outputs = await Promise.all(
    Array.from({ length: 4 }, async () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])),
  );
  const certs = new Set(outputs.map(({ stdout }) => stdout));
  t.equal(certs.size, 1);
  const [cert = ''] = certs;
  t.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(readFileSync(path.join(dir, 'ca.key'), 'utf8'))));
});

await t.test('many that open one store in every interleaving agree on one CA', async (t) => {
  const dir = tempDir(t);
  const all = await Promise.all(Array.from({ length: 20 }, async () => open(dir)));
  t.equal(new Set(all.map(({ cert }) => cert)).size, 1);
  t.ok(all.every(({ cert, key }) => new X509Certificate(cert).checkPrivateKey(key)));
  t.equal((await open(dir)).cert, all[0]?.cert);
});

await t.test('a root made here for the same key twice has the same name', async (t) => {
  const key = createPrivateKey(newKey());
  const [first, second] = await Promise.all([issueRoot(key, 'a', 0), issueRoot(key, 'a', 0)]);
  t.equal(new X509Certificate(first).subject, new X509Certificate(second).subject);
});
