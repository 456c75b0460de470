import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { openBackend } from '../../src/tls/acme-backend.ts';
import { RecordingLogger } from '../helpers/certificates.ts';
import { ACME, FAKE_CA } from '../helpers/fake-issuer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const services = { clock: new ManualClock(), logger: new RecordingLogger(), onAnswers: async () => undefined };

await t.test('a configuration becomes a store, an issuer and a board of challenges', async (t) => {
  const storeDir = tempDir(t);
  const backend = await openBackend(ACME, { storeDir, redisUrl: null }, services);
  t.teardown(async () => backend.store.close());
  t.ok(existsSync(path.join(storeDir, 'acme')));
  t.equal(backend.issuer.authority(FAKE_CA.directory)?.ca, FAKE_CA);
  t.equal(backend.issuer.authority('https://other.test/'), null);
  await backend.board.refresh();
});

await t.test('a store that cannot be meant is refused', async (t) => {
  await t.rejects(openBackend(ACME, { storeDir: tempDir(t), redisUrl: 'http://:secret@x/' }, services), { name: 'StoreError', message: /^((?!secret).)*$/ });
});
