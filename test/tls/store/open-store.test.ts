import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { openStore } from '../../../src/tls/store/open-store.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { freePort } from '../../helpers/worker-plan.ts';
import { certificateFor, StoreLogger } from './conformance.ts';

await t.test('without Redis it is files, whose folders are made', async (t) => {
  const storeDir = path.join(tempDir(t), 'certs');
  const logger = new StoreLogger();
  const store = await openStore({ storeDir, redisUrl: null }, { clock: new ManualClock(), logger });
  t.teardown(async () => store.close());
  t.equal(store.name, `files in ${storeDir}`);
  t.ok(existsSync(path.join(storeDir, 'acme/certificates')));
  await store.save(certificateFor(['a.test']));
  t.strictSame(await store.list(), [certificateFor(['a.test'])]);
  t.strictSame(logger.lines, []);
});

await t.test('a folder that cannot be made is a warning, and an error for whoever saves', async (t) => {
  const storeDir = path.join(tempDir(t), 'file');
  writeFileSync(storeDir, '');
  const logger = new StoreLogger();
  const store = await openStore({ storeDir, redisUrl: null }, { clock: new ManualClock(), logger });
  t.teardown(async () => store.close());
  t.match(logger.lines, [/cannot be written; certificates are lost at the next start .*a part of the path is not a folder/]);
  await t.rejects(store.save(certificateFor(['a.test'])), { name: 'StoreError' });
  t.teardown(store.watch(() => undefined));
});

await t.test('a URL names host, port, user, password and database', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program, { requirepass: 'p@ss:%/word' });
  const password = encodeURIComponent('p@ss:%/word');
  let saved = 0;
  for (const redisUrl of [`redis://:${password}@127.0.0.1:${server.port}`, `redis://default:${password}@localhost:${server.port}/0`, `redis://:${password}@127.0.0.1:${server.port}/15/`]) {
    const logger = new StoreLogger();
    const store = await openStore({ storeDir: '/nowhere', redisUrl }, { clock: new ManualClock(), logger });
    t.teardown(async () => store.close());
    t.match(store.name, /^redis at (127\.0\.0\.1|localhost):\d+$/);
    t.equal((await store.list()).length, redisUrl.endsWith('/15/') ? 0 : saved, 'another database has nothing of the first');
    await store.save(certificateFor([`n${saved++}.test`]));
    t.strictSame(logger.lines, []);
  }
});

await t.test('a Redis that is down is a warning, and the store is there', async (t) => {
  const port = await freePort();
  const logger = new StoreLogger();
  const store = await openStore({ storeDir: '/nowhere', redisUrl: `rediss://user:hunter2@127.0.0.1:${port}/1` }, { clock: new ManualClock(), logger });
  t.teardown(async () => store.close());
  t.match(logger.lines, [/certificate store cannot be used; certificates in use stay.*refuses the connection/]);
  await t.rejects(store.load('a.test'), { name: 'StoreError' });
  t.notMatch(logger.lines.join(''), /hunter2/);
});

await t.test('a URL that names no Redis is an error without its password', async (t) => {
  const services = { clock: new ManualClock(), logger: new StoreLogger() };
  for (const redisUrl of ['', 'redis:6379', 'http://:hunter2@redis', 'redis://:hunter2@redis/x', 'redis://:hunter2@redis/0/1', 'redis://:hunter2@redis/0?tls=yes', 'redis://:hunter2%@redis', 'redis://', 'rediss://:hunter2@redis:99999']) {
    const error: unknown = await openStore({ storeDir: '/nowhere', redisUrl }, services).catch((thrown: unknown) => thrown);
    t.match(error, { name: 'StoreError', message: /the URL of the store/ }, redisUrl);
    t.notMatch(String(error), /hunter2/);
  }
});
