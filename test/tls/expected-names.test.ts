import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { expectedNames } from '../../src/tls/expected-names.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('names of files, of orders and of the local authority', async (t) => {
  const dir = tempDir(t);
  const { cert, key } = await makePair(await makeCa(), ['files.test']);
  writeFileSync(join(dir, 'a.crt'), cert);
  writeFileSync(join(dir, 'a.key'), key, { mode: 0o600 });
  const names = async (more: string): Promise<string[]> => {
    const file = join(dir, 'gateway.yaml');
    writeFileSync(file, `listen: { http: 80, https: 443 }\nroutes: [{ host: [app.acme-inc.com, intra.lan], respond: {} }]\n${more}`);
    return [...(await expectedNames(loadConfig(file, { env: {} }).config, new ManualClock()))].toSorted();
  };
  const local = ['127.0.0.1', '::1', 'localhost'];
  t.strictSame(await names(''), [...local.slice(0, 2), 'app.acme-inc.com', 'intra.lan', 'localhost']);
  t.strictSame(await names(`tls: { certificates: [{ cert: ${dir}/a.crt, key: ${dir}/a.key }] }\nacme: { hosts: [extra.acme-inc.com] }`), [
    '127.0.0.1', '::1', 'app.acme-inc.com', 'extra.acme-inc.com', 'files.test', 'intra.lan', 'localhost',
  ]);
  writeFileSync(join(dir, 'a.crt'), 'nonsense');
  const damaged = await names(`tls: { certificates: [{ cert: ${dir}/a.crt, key: ${dir}/a.key }] }`).catch(() => 'refused when it is read');
  t.notMatch(damaged, ['files.test']);
});
