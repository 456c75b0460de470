import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { CertificateFiles } from '../../src/config/tls-config.ts';
import { FileCertificates } from '../../src/tls/file-certificates.ts';
import { makeCa, makePair, RecordingLogger, type Pair } from '../helpers/certificates.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const ca = await makeCa();

function write(dir: string, { cert, key }: Pair): CertificateFiles {
  const files = { certFile: path.join(dir, 'cert.pem'), keyFile: path.join(dir, 'key.pem') };
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o600 });
  return files;
}

interface Given {
  readonly certificates: FileCertificates;
  readonly logger: RecordingLogger;
  readonly clock: ManualClock;
  /** Waits until a change has been heard of. */
  readonly changed: () => Promise<void>;
}

async function open(t: Test, ...files: CertificateFiles[]): Promise<Given> {
  const clock = new ManualClock(Date.now());
  const logger = new RecordingLogger();
  const certificates = await FileCertificates.open(files, { clock, logger });
  let changes = 0;
  certificates.watch(() => { changes += 1; });
  t.teardown(() => certificates.close());
  return {
    certificates, logger, clock,
    async changed() {
      await eventually(() => {
        clock.advance(100);
        return changes > 0;
      });
      changes = 0;
    },
  };
}

await t.test('all that is wrong with the files is said at once', async (t) => {
  const good = write(tempDir(t), await makePair(ca, ['app.test']));
  const other = write(tempDir(t), await makePair(ca, ['other.test']));
  const logger = new RecordingLogger();
  await t.rejects(FileCertificates.open([{ ...good, keyFile: other.keyFile }, good, { certFile: '/nowhere/c', keyFile: '/nowhere/k' }], { clock: new ManualClock(), logger }), {
    name: 'CertificateError',
    problems: [{ file: good.certFile, text: /does not belong to the key/ }, { file: '/nowhere/c', text: /does not exist/ }],
  });
});

await t.test('a certificate that is written anew is used, however it is written', async (t) => {
  const dir = tempDir(t);
  const given = await open(t, write(dir, await makePair(ca, ['one.test'])));
  const names = (): unknown => given.certificates.entries.map((entry) => entry.names);
  write(dir, await makePair(ca, ['two.test']));
  await given.changed();
  t.strictSame(names(), [['two.test']], 'in place');

  const beside = tempDir(t);
  const { certFile, keyFile } = write(beside, await makePair(ca, ['three.test']));
  renameSync(keyFile, path.join(dir, 'key.pem'));
  renameSync(certFile, path.join(dir, 'cert.pem'));
  await given.changed();
  t.strictSame(names(), [['three.test']], 'renamed over, as editors and certbot do');
});

await t.test('a link that is swapped, as Kubernetes does, is a new certificate', async (t) => {
  const dir = tempDir(t);
  for (const version of ['one', 'two']) {
    mkdirSync(path.join(dir, `..${version}`));
    write(path.join(dir, `..${version}`), await makePair(ca, [`${version}.test`]));
  }
  symlinkSync('..one', path.join(dir, '..data'));
  for (const name of ['cert.pem', 'key.pem']) symlinkSync(path.join('..data', name), path.join(dir, name));
  const { certificates, changed } = await open(t, { certFile: path.join(dir, 'cert.pem'), keyFile: path.join(dir, 'key.pem') });
  symlinkSync('..two', path.join(dir, '..data_tmp'));
  renameSync(path.join(dir, '..data_tmp'), path.join(dir, '..data'));
  await changed();
  t.strictSame(certificates.entries.map(({ names }) => names), [['two.test']]);
});

await t.test('a bad new file is refused and told once, the old certificate goes on, and a good one mends it', async (t) => {
  const dir = tempDir(t);
  const pair = await makePair(ca, ['one.test']);
  const files = write(dir, pair);
  const { certificates, logger, changed } = await open(t, files);
  const [entry] = certificates.entries;
  for (const bad of ['', 'nonsense', pair.cert.slice(0, 200), (await makePair(ca, ['one.test'])).cert]) {
    writeFileSync(files.certFile, bad);
    t.notOk(await certificates.check());
    t.notOk(await certificates.check());
    t.equal(certificates.entries[0], entry);
  }
  rmSync(files.certFile);
  t.notOk(await certificates.check());
  t.equal(logger.warnings.length, 5, 'each once');
  t.match(logger.warnings[0], /refused; the certificate of before goes on/);
  t.match(certificates.problemOf(entry!), { text: /does not exist/ });
  write(dir, await makePair(ca, ['two.test']));
  await changed();
  t.strictSame(certificates.entries.map(({ names }) => names), [['two.test']]);
  t.equal(certificates.problemOf(certificates.entries[0]!), null);
});

await t.test('files behind links into another folder are heard of too', async (t) => {
  const [dir, target] = [tempDir(t), tempDir(t)];
  const files = write(target, await makePair(ca, ['one.test']));
  symlinkSync(files.certFile, path.join(dir, 'cert.pem'));
  symlinkSync(files.keyFile, path.join(dir, 'key.pem'));
  const { certificates, clock, changed } = await open(t, { certFile: path.join(dir, 'cert.pem'), keyFile: path.join(dir, 'key.pem') });
  write(target, await makePair(ca, ['two.test']));
  await changed();
  t.ok(clock.monotonicMs() < 5000, 'and not by the slow look');
  t.strictSame(certificates.entries.map(({ names }) => names), [['two.test']]);
});

await t.test('the same files again are no change', async (t) => {
  const dir = tempDir(t);
  const pair = await makePair(ca, ['one.test']);
  const { certificates, logger } = await open(t, write(dir, pair));
  write(dir, pair);
  t.notOk(await certificates.check());
  write(dir, { ...pair, key: `\n${pair.key}` });
  t.notOk(await certificates.check(), 'nor another way to write them');
  t.strictSame(logger.infos, []);
});
