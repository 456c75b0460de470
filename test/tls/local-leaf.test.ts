import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { newKey } from '../../src/tls/issue-certificate.ts';
import { openLocalCa, type LocalCa } from '../../src/tls/local-ca.ts';
import { openLocalLeaf, renewalTimeMs } from '../../src/tls/local-leaf.ts';
import type { CertificateEntry } from '../../src/tls/material.ts';
import { RecordingLogger } from '../helpers/certificates.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const DAY_MS = 86_400_000;
const NAMES = ['localhost', '127.0.0.1'];

interface Store {
  readonly dir: string;
  readonly ca: LocalCa;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  readonly certFile: string;
  readonly keyFile: string;
}

async function madeStore(t: Test): Promise<Store> {
  const dir = tempDir(t);
  const clock = new ManualClock();
  const ca = await openLocalCa(dir, { clock, logger: new RecordingLogger() });
  const local = path.join(dir, 'local');
  return { dir, ca, clock, logger: new RecordingLogger(), certFile: path.join(local, 'localhost.crt'), keyFile: path.join(local, 'localhost.key') };
}

async function open({ ca, clock, logger }: Store, names: readonly string[] = NAMES): Promise<CertificateEntry> {
  return openLocalLeaf(ca, 'localhost', names, { clock, logger });
}

function fits({ cert, key }: { cert: string; key: string }, ca: LocalCa): boolean {
  const leaf = new X509Certificate(cert);
  const root = new X509Certificate(ca.cert);
  return leaf.checkPrivateKey(createPrivateKey(key)) && leaf.checkIssued(root) && leaf.verify(root.publicKey);
}

await t.test('is issued once and used again', async (t) => {
  const store = await madeStore(t);
  const first = await open(store);
  t.match(first, { names: NAMES, source: 'local-ca', keyType: 'ec', file: store.certFile });
  t.ok(fits(first, store.ca));
  t.equal(statSync(store.keyFile).mode & 0o777, 0o600);
  t.equal(statSync(path.dirname(store.keyFile)).mode & 0o777, 0o700);
  t.equal(readFileSync(store.keyFile, 'utf8'), first.key);
  t.strictSame(await open(store), first);
  t.strictSame(await open(store, ['localhost']), first, 'for fewer names too');
  t.match(store.logger, { infos: [/issued/], warnings: [] });
});

await t.test('is renewed when a third of its life is left, not before, and keeps its key', async (t) => {
  const store = await madeStore(t);
  const first = await open(store);
  const dueMs = renewalTimeMs(new X509Certificate(first.cert));
  t.ok(Math.abs(dueMs - (first.notAfterMs - 30 * DAY_MS)) < DAY_MS);
  store.clock.jumpWallClock(dueMs - store.clock.now() - 1);
  t.equal((await open(store)).cert, first.cert);
  store.clock.jumpWallClock(1);
  const second = await open(store);
  t.not(second.cert, first.cert);
  t.equal(second.key, first.key);
  t.equal(second.notAfterMs, store.clock.now() + 90 * DAY_MS);
  t.equal(readFileSync(store.certFile, 'utf8'), second.cert);
});

await t.test('is issued anew for more names, after the clock went back, and by a new CA', async (t) => {
  const store = await madeStore(t);
  const first = await open(store);
  const more = await open(store, [...NAMES, '10.0.0.1']);
  t.strictSame(more.names, [...NAMES, '10.0.0.1']);
  t.not(more.cert, first.cert);

  store.clock.jumpWallClock(-DAY_MS);
  const earlier = await open(store);
  t.ok(Date.parse(new X509Certificate(earlier.cert).validFrom) <= store.clock.now());

  const other = await openLocalCa(tempDir(t), store);
  const moved = { ...store, ca: { ...other, store: store.ca.store } };
  const second = await open(moved);
  t.ok(fits(second, other));
  t.notOk(fits(second, store.ca));
  t.strictSame(store.logger.warnings, []);
});

await t.test('a damaged file is kept as .bad and made anew, with a warning', async (t) => {
  for (const which of ['certFile', 'keyFile'] as const) {
    for (const content of ['', 'garbage']) {
      const store = await madeStore(t);
      await open(store);
      writeFileSync(store[which], content);
      const again = await open(store);
      t.ok(fits(again, store.ca));
      t.equal(readFileSync(`${store[which]}.bad`, 'utf8'), content);
      t.match(store.logger.warnings, [/damaged; it is made anew/]);
      t.strictSame(await open(store), again, 'and then it is right');
    }
  }
});

await t.test('a certificate for another key is replaced by one for the key that is there', async (t) => {
  const store = await madeStore(t);
  await open(store);
  const key = newKey();
  writeFileSync(store.keyFile, key);
  const entry = await open(store);
  t.equal(entry.key, key);
  t.ok(fits(entry, store.ca));
});

await t.test('a certificate whose signature is wrong is replaced', async (t) => {
  const store = await madeStore(t);
  const first = await open(store);
  const der = new X509Certificate(first.cert).raw;
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  writeFileSync(store.certFile, `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`);
  t.ok(fits(await open(store), store.ca));
});

await t.test('a store that fails leads to a certificate in memory and a warning', async (t) => {
  const store = await madeStore(t);
  writeFileSync(path.join(store.dir, 'local'), 'a file where a folder should be');
  const entry = await open(store);
  t.equal(entry.file, null);
  t.ok(fits(entry, store.ca));
  t.match(store.logger.warnings, [/cannot be stored; one in memory is used/]);

  const blocked = await madeStore(t);
  mkdirSync(blocked.certFile, { recursive: true });
  t.equal((await open(blocked)).file, null);
});

await t.test('a CA in memory writes nothing', async (t) => {
  const store = await madeStore(t);
  const entry = await open({ ...store, ca: { ...store.ca, store: null } });
  t.match(entry, { file: null, names: NAMES });
  t.notOk(existsSync(path.join(store.dir, 'local')));
});

await t.test('of many that open at once each has a pair that fits, and so has the store', async (t) => {
  const store = await madeStore(t);
  const opening: Promise<CertificateEntry>[] = [];
  for (let i = 0; i < 40; i++) {
    opening.push(open(store));
    // A turn apart, so that some look for the key while others are publishing it.
    await nextTurn();
  }
  const entries = await Promise.all(opening);
  for (const entry of [...entries, await open(store)]) t.ok(fits(entry, store.ca));
  t.equal(new Set(entries.map(({ key }) => key)).size, 1);
});

await t.test('every name has a file of its own with a name any file system takes', async (t) => {
  const store = await madeStore(t);
  const labels = ['app.example.com', '*.example.com', '_.example.com', '../../etc/passwd', `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.test`];
  for (const label of labels) await openLocalLeaf(store.ca, label, [label], store);
  const files = readdirSync(path.join(store.dir, 'local')).filter((name) => name.endsWith('.crt'));
  t.equal(files.length, labels.length);
  t.ok(files.includes('app.example.com.crt'));
  t.ok(files.every((name) => /^[a-z0-9._-]{5,120}$/.test(name)), files.join(' '));
});
