import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { CertificateFiles } from '../../src/config/tls-config.ts';
import { loadCertificates } from '../../src/tls/certificates.ts';
import type { TlsMaterial } from '../../src/tls/material.ts';
import { ServerContexts } from '../../src/tls/server-contexts.ts';
import { makeCa, makePair, RecordingLogger } from '../helpers/certificates.ts';
import { handshake, listenTls, portOf } from '../helpers/handshake.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const clock = new ManualClock(Date.now());
const ca = await makeCa();

async function saved(t: Test, ...names: string[]): Promise<CertificateFiles> {
  const dir = tempDir(t);
  const { cert, key } = await makePair(ca, names);
  const files = { certFile: path.join(dir, 'cert.pem'), keyFile: path.join(dir, 'key.pem') };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o600 });
  return files;
}

interface Given {
  readonly names?: readonly string[];
  readonly certificates?: readonly CertificateFiles[];
  readonly storeDir: string;
  readonly logger?: RecordingLogger;
  readonly clock?: ManualClock;
}

async function load({ names = [], certificates = [], storeDir, ...services }: Given): Promise<TlsMaterial> {
  return loadCertificates({ tls: { certificates, storeDir }, names, clock, logger: new RecordingLogger(), ...services });
}

function namesIn({ entries }: TlsMaterial): (readonly string[])[] {
  return entries.map((entry) => entry.names);
}

await t.test('without any certificate there is one for this machine', async (t) => {
  const storeDir = tempDir(t);
  const material = await load({ storeDir });
  t.strictSame(namesIn(material), [['localhost', '127.0.0.1', '::1']]);
  t.equal(material.localCa?.file, path.join(storeDir, 'ca.crt'));
  t.strictSame(structuredClone(material), material, 'plain data');
});

await t.test('each host no file covers gets a local certificate, a wildcard one for all below it', async (t) => {
  const certificates = [await saved(t, 'www.example.com', '*.shop.example.com')];
  const names = ['www.example.com', 'a.shop.example.com', 'App.Test', '*.app.test', 'x.app.test', '10.0.0.1', '[2001:db8::1]', 'localhost', 'bücher.test', 'app.test'];
  const material = await load({ names, certificates, storeDir: tempDir(t) });
  t.strictSame(namesIn(material), [
    ['www.example.com', '*.shop.example.com'],
    ['localhost', '127.0.0.1', '::1', '10.0.0.1', '2001:db8::1'],
    ['app.test'],
    ['*.app.test'],
    ['xn--bcher-kva.test'],
  ]);
  t.strictSame(material.entries.map(({ source }) => source), ['file', 'local-ca', 'local-ca', 'local-ca', 'local-ca']);
});

await t.test('where files cover every host no local CA is made', async (t) => {
  const storeDir = path.join(tempDir(t), 'store');
  const certificates = [await saved(t, 'app.test'), await saved(t, '*.example.com')];
  for (const names of [['app.test', 'x.example.com', '*.example.com'], []]) {
    const material = await load({ names, certificates, storeDir });
    t.strictSame(namesIn(material), [['app.test'], ['*.example.com']], 'in the order of the configuration');
    t.strictSame([material.localCa, material.renewAtMs], [null, null]);
  }
  t.notOk(existsSync(storeDir));
});

await t.test('local names that a file covers are not covered twice', async (t) => {
  const certificates = [await saved(t, 'localhost', '127.0.0.1', '::1')];
  t.strictSame(namesIn(await load({ names: ['app.test'], certificates, storeDir: tempDir(t) })), [['localhost', '127.0.0.1', '::1'], ['app.test']]);
});

await t.test('all that is wrong with the files is said at once', async (t) => {
  const good = await saved(t, 'app.test');
  const other = await saved(t, 'other.test');
  const certificates = [{ ...good, keyFile: other.keyFile }, good, { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }];
  const storeDir = path.join(tempDir(t), 'store');
  await t.rejects(load({ certificates, storeDir }), {
    name: 'CertificateError',
    problems: [{ file: good.certFile, text: /does not belong to the key/ }, { file: '/nowhere/cert.pem', text: /does not exist/ }],
  });
  t.notOk(existsSync(storeDir));
});

await t.test('what is not a host name gets a warning, not a certificate', async (t) => {
  const logger = new RecordingLogger();
  const material = await load({ names: ['a b', 'app.test'], storeDir: tempDir(t), logger });
  t.strictSame(namesIn(material), [['localhost', '127.0.0.1', '::1'], ['app.test']]);
  t.match(logger.warnings, [/is not a host name/]);
});

await t.test('loading again changes nothing until renewal is due, and then renews', async (t) => {
  const manual = new ManualClock();
  const given = { names: ['app.test'], storeDir: tempDir(t), clock: manual };
  const first = await load(given);
  manual.jumpWallClock(DAY_MS);
  t.strictSame(await load(given), first);
  t.ok(first.renewAtMs !== null && first.renewAtMs > manual.now() + 55 * DAY_MS && first.renewAtMs < manual.now() + 65 * DAY_MS);
  manual.jumpWallClock((first.renewAtMs ?? 0) - manual.now());
  const renewed = await load(given);
  t.ok(renewed.entries.every((entry, index) => entry.notAfterMs > (first.entries[index]?.notAfterMs ?? Infinity)));
  t.equal(renewed.localCa?.cert, first.localCa?.cert);
});

await t.test('at the end of the CA renewal is tried hourly, not in a loop', async (t) => {
  const manual = new ManualClock();
  const given = { storeDir: tempDir(t), clock: manual };
  const first = await load(given);
  manual.jumpWallClock(Date.parse(new X509Certificate(first.localCa?.cert ?? '').validTo) - manual.now() - 60_000);
  t.equal((await load(given)).renewAtMs, manual.now() + HOUR_MS);
});

await t.test('hundreds of hosts are no trouble', async (t) => {
  const storeDir = tempDir(t);
  const names = Array.from({ length: 200 }, (_, index) => `host-${index}.test`);
  t.equal((await load({ names, storeDir })).entries.length, 201);
  t.equal(readdirSync(path.join(storeDir, 'local')).length, 402);
});

await t.test('a client that trusts ca.crt is served under every name', async (t) => {
  const material = await load({ names: ['app.test', '*.example.com'], storeDir: tempDir(t) });
  const contexts = new ServerContexts(material);
  const server = await listenTls(t, { ...contexts.optionsFor(), SNICallback: contexts.sniCallbackFor() });
  const trusted = { ca: material.localCa?.cert ?? '' };
  for (const servername of ['', 'localhost', 'app.test', 'any.example.com']) {
    t.equal((await handshake(portOf(server), { ...trusted, servername })).protocol, 'TLSv1.3', servername);
  }
});
