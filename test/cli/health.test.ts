import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { createAdminServer } from '../../src/admin/admin-server.ts';
import { health } from '../../src/cli/health.ts';
import { MemoryLogger, SampleServices } from '../admin/sample-services.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('health says by its exit code whether requests are taken, and needs no token', async (t) => {
  const services = new SampleServices();
  const server = await createAdminServer({ address: { host: '127.0.0.1', port: 0 }, services, logger: new MemoryLogger(), token: 'a-token-that-is-long-enough-to-be-one' });
  const file = path.join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, `listen: { http: 8080, admin: "127.0.0.1:${server.address.port}" }\nroutes: [{ respond: {} }]`);
  const ask = async (): Promise<unknown[]> => {
    const terminal = new MemoryTerminal();
    return [await health(file, terminal), `${terminal.printed}${terminal.complained}`.trim()];
  };
  t.strictSame(await ask(), [0, 'ready']);
  writeFileSync(file, `listen: { http: 8080, admin: ${server.address.port} }\nroutes: [{ respnd: {} }]`);
  t.strictSame(await ask(), [0, 'ready'], 'a mistake in the file, which the gateway has refused, makes nobody ill');
  services.isReady = false;
  t.strictSame(await ask(), [1, 'not ready']);
  await server.close();
  t.match(await ask(), [1, /^sluice: no Sluice answers at 127\.0\.0\.1:\d+$/]);
  writeFileSync(file, 'listen: { http: 8080, admin: off }\nroutes: [{ respond: {} }]');
  t.match(await ask(), [1, /admin: off/]);
  writeFileSync(file, 'listen: { admin: nowhere at all }');
  t.match(await ask(), [2, /nowhere at all/]);
});
