import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { AcmeConfig } from '../../src/config/tls-config.ts';
import { AcmeKeeper } from '../../src/tls/acme-keeper.ts';
import { CertificateSetup } from '../../src/tls/certificate-setup.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { configOf } from '../helpers/config-text.ts';
import { ACME, fakeAcme, storedFor, type FakeAcme } from '../helpers/fake-issuer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const KEYS = new Uint8Array(48);

interface Given extends FakeAcme {
  readonly setup: CertificateSetup;
}

async function open(t: Test, hosts: readonly string[], acme: AcmeConfig | null, certificates: readonly string[][] = []): Promise<Given> {
  const fake = fakeAcme(t, acme ?? ACME);
  const { clock, logger, dir } = fake;
  const ca = await makeCa();
  const files = await Promise.all(certificates.map(async (names) => {
    const folder = tempDir(t);
    const { cert, key } = await makePair(ca, names);
    const pair = { certFile: path.join(folder, 'c.pem'), keyFile: path.join(folder, 'k.pem') };
    writeFileSync(pair.certFile, cert);
    writeFileSync(pair.keyFile, key, { mode: 0o600 });
    return pair;
  }));
  const config = configOf(`listen: { http: 80, https: 443 }\nroutes: [${hosts.map((host) => `{ host: "${host}", respond: {} }`).join(', ')}]`);
  const keeper = acme === null ? null : new AcmeKeeper(fake.backend, { clock, logger, random: () => 0, mayOrder: async () => true, onChange: () => undefined });
  const setup = await CertificateSetup.open({ ...config, acme, tls: { ...config.tls, storeDir: dir, certificates: files } }, keeper, { clock, logger });
  t.teardown(async () => {
    setup.close();
    await keeper?.close();
  });
  return { ...fake, setup };
}

await t.test('files come first, in their order, and the first one is the default', async (t) => {
  const { setup } = await open(t, ['app.test', 'x.example.com'], null, [['www.test'], ['*.example.com']]);
  await setup.refresh();
  t.strictSame(setup.material(KEYS).entries.map(({ names, source }) => [source, ...names]), [
    ['file', 'www.test'], ['file', '*.example.com'], ['local-ca', 'localhost', '127.0.0.1', '::1'], ['local-ca', 'app.test'],
  ]);
  t.match(setup.material(KEYS), { refused: [], onDemand: null, ticketKeys: KEYS });
  t.strictSame(structuredClone(setup.material(KEYS)), setup.material(KEYS), 'plain data');
});

await t.test('where files cover every host no local CA is made', async (t) => {
  const { setup } = await open(t, ['app.test'], null, [['app.test']]);
  await setup.refresh();
  t.match(setup.material(KEYS), { localCa: null, entries: [{ source: 'file' }] });
  t.equal(setup.localRenewalMs, Infinity);
});

await t.test('hosts that wait are served by the local CA, and no longer when they have their own', async (t) => {
  const { setup, issuer } = await open(t, ['app.example.com', 'db.test'], { ...ACME, hosts: ['app.example.com'] });
  await setup.refresh();
  t.strictSame(setup.material(KEYS).entries.map(({ names }) => names), [['localhost', '127.0.0.1', '::1'], ['db.test'], ['app.example.com']]);
  setup.start(() => undefined);
  t.match(setup.status().find(({ names }) => names.includes('app.example.com')), { source: 'acme', issuer: null, notAfter: null, pendingSince: /^20/ });
  await eventually(() => setup.material(KEYS).entries.some(({ source }) => source === 'acme'));
  t.strictSame(setup.material(KEYS).entries.map(({ names, source }) => [source, names[0]]), [['acme', 'app.example.com'], ['local-ca', 'localhost'], ['local-ca', 'db.test']]);
  t.strictSame(issuer.orders, ['app.example.com']);
});

await t.test('or refused, where that is wanted; there is a certificate for others all the same', async (t) => {
  const { setup } = await open(t, ['app.example.com'], { ...ACME, whilePending: 'refuse', onDemand: { allow: ['*.example.org'], ask: null, perHour: 1 } });
  await setup.refresh();
  const { entries, refused, onDemand } = setup.material(KEYS);
  t.strictSame(entries.map(({ names }) => names), [['localhost', '127.0.0.1', '::1']]);
  t.strictSame(refused, ['app.example.com']);
  t.strictSame(onDemand, { allow: ['*.example.org'], refuse: true });
});

await t.test('what the store has is used from the start', async (t) => {
  const { setup, store, clock, issuer } = await open(t, ['app.example.com'], ACME);
  await store.save(await storedFor(['app.example.com'], clock.now()));
  await setup.refresh();
  t.match(setup.material(KEYS), { entries: [{ source: 'acme' }], localCa: null });
  t.strictSame(issuer.orders, []);
});

await t.test('a name is known that is covered or ordered, and on demand come more', async (t) => {
  const { setup } = await open(t, ['app.example.com'], ACME, [['*.files.test']]);
  await setup.refresh();
  t.strictSame(['app.example.com', 'x.files.test', 'new.example.com'].map((name) => setup.knows(name)), [true, true, false]);
  setup.addOnDemand(['new.example.com']);
  t.ok(setup.knows('new.example.com'));
  t.ok(setup.isOnDemand(['new.example.com']));
  t.notOk(setup.isOnDemand(['app.example.com']));
  t.notOk(setup.isFull);
});

await t.test('a damaged local CA is refused at the start, and later leaves what there was', async (t) => {
  const { setup, dir, clock } = await open(t, ['app.test'], null);
  await setup.refresh();
  const before = setup.material(KEYS);
  writeFileSync(path.join(dir, 'ca.crt'), 'nonsense');
  clock.jumpWallClock(70 * 86_400_000);
  await t.rejects(setup.refresh(), { name: 'CertificateError' });
  t.strictSame(setup.material(KEYS), before);
});
