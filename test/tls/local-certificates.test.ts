import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { LocalCertificates, renewalTimeOf, type LocalSet } from '../../src/tls/local-certificates.ts';
import { RecordingLogger } from '../helpers/certificates.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function local(dir: string, clock = new ManualClock(Date.now())): LocalCertificates {
  return new LocalCertificates(dir, { clock, logger: new RecordingLogger() });
}

function namesIn({ entries }: LocalSet): (readonly string[])[] {
  return entries.map((entry) => entry.names);
}

await t.test('without any certificate there is one for this machine', async (t) => {
  const dir = tempDir(t);
  const set = await local(dir).serve([], new Set());
  t.strictSame(namesIn(set), [['localhost', '127.0.0.1', '::1']]);
  t.equal(set.localCa?.file, path.join(dir, 'ca.crt'));
});

await t.test('each name gets a certificate of its own, addresses share one, a wildcard serves all below it', async (t) => {
  const set = await local(tempDir(t)).serve(['*.app.test', 'x.app.test', '10.0.0.1', '2001:db8::1', 'localhost', 'app.test'], new Set());
  t.strictSame(namesIn(set), [['localhost', '127.0.0.1', '::1', '10.0.0.1', '2001:db8::1'], ['*.app.test'], ['app.test']]);
});

await t.test('local names that another certificate covers are not covered twice', async (t) => {
  t.strictSame(namesIn(await local(tempDir(t)).serve(['app.test'], new Set(['localhost', '127.0.0.1', '::1']))), [['app.test']]);
});

await t.test('nothing is opened before the first certificate is needed', async (t) => {
  const dir = path.join(tempDir(t), 'store');
  const certificates = local(dir);
  t.notOk(existsSync(dir));
  await certificates.serve([], new Set());
  t.ok(existsSync(dir));
});

await t.test('asked again it gives the same, until renewal is due', async (t) => {
  const clock = new ManualClock();
  const certificates = local(tempDir(t), clock);
  const first = await certificates.serve(['app.test'], new Set());
  clock.jumpWallClock(DAY_MS);
  const again = await certificates.serve(['app.test', 'new.test'], new Set());
  t.strictSame(again.entries.slice(0, 2), first.entries);
  t.ok(first.renewAtMs > clock.now() + 55 * DAY_MS && first.renewAtMs < clock.now() + 65 * DAY_MS);
  t.equal(first.renewAtMs, renewalTimeOf(first.entries[0]!));
  clock.jumpWallClock(first.renewAtMs - clock.now());
  const renewed = await certificates.serve(['app.test'], new Set());
  t.ok(renewed.entries.every((entry, index) => entry.notAfterMs > (first.entries[index]?.notAfterMs ?? Infinity)));
  t.equal(renewed.localCa?.cert, first.localCa?.cert);
});

await t.test('at the end of the CA renewal is tried hourly, not in a loop', async (t) => {
  const clock = new ManualClock();
  const certificates = local(tempDir(t), clock);
  const first = await certificates.serve([], new Set());
  clock.jumpWallClock(Date.parse(new X509Certificate(first.localCa?.cert ?? '').validTo) - clock.now() - 60_000);
  t.equal((await certificates.serve([], new Set())).renewAtMs, clock.now() + HOUR_MS);
});

await t.test('where the folder cannot be written, the CA of before goes on in memory', async (t) => {
  // Nobody can make a folder there, not even root.
  const certificates = local('/sys/sluice');
  const first = await certificates.serve(['a.test'], new Set());
  t.equal(first.localCa?.file, null);
  const second = await certificates.serve(['a.test', 'b.test'], new Set());
  t.equal(second.localCa?.cert, first.localCa?.cert);
  t.equal(second.entries[1]?.cert, first.entries[1]?.cert);
});

await t.test('hundreds of hosts are no trouble', async (t) => {
  const dir = tempDir(t);
  const set = await local(dir).serve(Array.from({ length: 200 }, (_, index) => `host-${index}.test`), new Set());
  t.equal(set.entries.length, 201);
  t.equal(readdirSync(path.join(dir, 'local')).length, 402);
});
