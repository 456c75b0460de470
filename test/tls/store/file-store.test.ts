import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, linkSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import { FileStore } from '../../../src/tls/store/file-store.ts';
import { entryFileName } from '../../../src/tls/store/store-folder.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { certificateFor, DIRECTORY, storeConformance, StoreLogger, type EntryKind, type StoreBench } from './conformance.ts';

const challenge = { host: 'app.test', type: 'http-01', token: 'token', keyAuthorization: 'token.thumb' } as const;

/** Paths below `dir`. */
function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted();
}

function fileOf(dir: string, kind: EntryKind, id: string): string {
  if (kind === 'certificate') return path.join(dir, 'acme/certificates', `${entryFileName(id)}.pem`);
  const account = filesIn(dir).find((name) => name.startsWith('acme/ca.test_14000_') && name.endsWith(kind === 'account-key' ? 'account.key' : 'account.json'));
  if (account === undefined) throw new Error('no account');
  return path.join(dir, account);
}

async function startFiles(t: Test): Promise<StoreBench & { readonly dir: string }> {
  const dir = tempDir(t);
  const [clock, logger] = [new ManualClock(), new StoreLogger()];
  return {
    dir,
    clock,
    logger,
    async open() {
      const store = new FileStore(dir, { clock, logger });
      await store.prepare();
      t.teardown(async () => store.close());
      return store;
    },
    async pass(ms) {
      clock.advance(ms);
    },
    async exchange(kind, id, text) {
      const file = fileOf(dir, kind, id);
      let former = '';
      try {
        former = readFileSync(file, 'utf8');
      } catch {
        // It was set aside before.
      }
      if (text !== null) writeFileSync(file, text, { mode: 0o600 });
      return former;
    },
    async setAside() {
      return filesIn(dir).filter((name) => name.includes('.bad-')).map((name) => readFileSync(path.join(dir, name), 'utf8'));
    },
  };
}

await storeConformance(t, startFiles);

await t.test('the folder is laid out as certs/README.md says, for the owner alone', async (t) => {
  const { dir, open } = await startFiles(t);
  const store = await open();
  await store.save(certificateFor(['app.test']));
  await store.save(certificateFor(['*.app.test', 'app.test']));
  await store.putChallenge(challenge, 1000);
  await store.lock('app.test', 1000);
  for (const directory of [DIRECTORY, `${DIRECTORY}2`]) {
    await store.accountKey(directory, async () => newKey());
    await store.saveAccountUrl(directory, 'https://ca.test/account/1');
  }
  t.match(filesIn(dir), [
    'acme',
    /^acme\/ca\.test_14000_.*-[0-9a-f]{16}$/, /account\.json$/, /account\.key$/,
    /^acme\/ca\.test_14000_.*-[0-9a-f]{16}$/, /account\.json$/, /account\.key$/,
    'acme/certificates', /^acme\/certificates\/_\.app\.test_app\.test-[0-9a-f]{16}\.pem$/, 'acme/certificates/app.test.pem',
    'acme/challenges', /^acme\/challenges\/app\.test_http-01_.*\.json$/,
    'acme/locks', 'acme/locks/app.test.1.lock',
  ]);
  for (const name of filesIn(dir)) {
    const stats = statSync(path.join(dir, name));
    t.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, name);
  }
});

await t.test('a process killed while it saves leaves the old certificate or the new one, whole', async (t) => {
  const { dir, open, setAside } = await startFiles(t);
  const certificates = [certificateFor(['a.test'], 0), certificateFor(['a.test'], 1)];
  const script = `
    import { FileStore } from ${JSON.stringify(new URL('../../../src/tls/store/file-store.ts', import.meta.url))};
    const store = new FileStore(${JSON.stringify(dir)}, { clock: { now: () => 0 }, logger: {} });
    for (let turn = 0; ; turn++) {
      await store.save(${JSON.stringify(certificates)}[turn % 2]);
      if (turn === 2) process.stdout.write('saving');
    }
  `;
  const store = await open();
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const loaded = JSON.stringify(await store.load('a.test'));
    t.ok(certificates.some((certificate) => JSON.stringify(certificate) === loaded), `round ${round}`);
  }
  t.equal((await store.list()).length, 1, 'what was half written is not taken for a certificate');
  t.strictSame(await setAside(), []);
});

await t.test('a file under the name of another id is set aside, not served for it', async (t) => {
  const { dir, logger, open } = await startFiles(t);
  const store = await open();
  await store.save(certificateFor(['a.test']));
  copyFileSync(fileOf(dir, 'certificate', 'a.test'), fileOf(dir, 'certificate', 'b.test'));
  t.equal(await store.load('b.test'), null);
  t.match(logger.lines, [/is the file of other names; it was copied or renamed/]);
  t.strictSame(await store.list(), [certificateFor(['a.test'])]);
});

await t.test('one file that cannot be read leaves the list without it, and is named', async (t) => {
  const { dir, logger, open } = await startFiles(t);
  const store = await open();
  await store.save(certificateFor(['a.test']));
  const circle = fileOf(dir, 'certificate', 'circle.test');
  symlinkSync(circle, circle);
  t.strictSame(await store.list(), [certificateFor(['a.test'])]);
  t.match(logger.lines, [/is left out .*circle\.test\.pem cannot be read: ELOOP/]);
  await t.rejects(store.load('circle.test'), { name: 'StoreError' });
});

await t.test('a store that is full says so, and still replaces what it has', async (t) => {
  const { dir, logger, open } = await startFiles(t);
  const store = await open();
  await store.save(certificateFor(['a.test']));
  const folder = path.join(dir, 'acme/certificates');
  for (let number = 1; number < 10_000; number++) linkSync(path.join(folder, 'a.test.pem'), path.join(folder, `z${number}.pem`));
  await t.rejects(store.save(certificateFor(['b.test'])), { name: 'StoreError', message: /certificates holds 10000 certificates, which is the most/ });
  await store.save(certificateFor(['a.test'], 1));
  t.strictSame(await store.load('a.test'), certificateFor(['a.test'], 1));
  t.strictSame(logger.lines, []);
});

await t.test('challenges left by dead gateways are cleared away by the next that opens one; too many open ones are refused', async (t) => {
  const { dir, clock, open } = await startFiles(t);
  const store = await open();
  const folder = path.join(dir, 'acme/challenges');
  await store.putChallenge(challenge, 1000);
  clock.advance(2000);
  t.strictSame(await store.challenges(), []);
  t.equal(readdirSync(folder).length, 1, 'one that only reads, with a clock that may be wrong, removes nothing');
  await store.putChallenge({ ...challenge, token: 'next' }, 1e15);
  t.equal(readdirSync(folder).length, 1);
  const [name = ''] = readdirSync(folder);
  for (let number = 1; number < 1000; number++) linkSync(path.join(folder, name), path.join(folder, `n${number}.json`));
  await t.rejects(store.putChallenge(challenge, 1000), { name: 'StoreError', message: /challenges holds 1000 open challenges, which is the most/ });
  clock.advance(86_400_001);
  await store.putChallenge(challenge, 1000);
  t.strictSame(await store.challenges(), [challenge], 'none lasts longer than a day');
});

await t.test('a clock that is a year off loses no certificate and no account', async (t) => {
  const { clock, logger, open } = await startFiles(t);
  const store = await open();
  await store.save(certificateFor(['a.test']));
  const key = await store.accountKey(DIRECTORY, async () => newKey());
  for (const years of [1, -2]) {
    clock.jumpWallClock(years * 365 * 86_400_000);
    t.strictSame(await store.list(), [certificateFor(['a.test'])]);
    t.equal(await store.accountKey(DIRECTORY, async () => newKey()), key);
    t.ok(await store.lock('a.test', 60_000));
  }
  t.strictSame(logger.lines, []);
});

