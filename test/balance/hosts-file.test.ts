import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hostsFileAddresses } from '../../src/balance/hosts-file.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const TEXT = `# Added by the container runtime
127.0.0.1\tlocalhost
10.0.0.5   api.example.com  api   # the staging one
fd00::5  API
not-an-address api
10.0.0.6 other.example.com
10.0.0.7 xapi apix
`;

await t.test('a name has every address of its lines, in their order, whatever its case', async (t) => {
  const file = join(tempDir(t), 'hosts');
  writeFileSync(file, TEXT);
  t.same(await hostsFileAddresses(file, 'Api'), ['10.0.0.5', 'fd00::5']);
  t.same(await hostsFileAddresses(file, 'api.example.com'), ['10.0.0.5']);
});

await t.test('comments and parts of names name nobody', async (t) => {
  const file = join(tempDir(t), 'hosts');
  writeFileSync(file, TEXT);
  t.same(await hostsFileAddresses(file, 'staging'), []);
  t.same(await hostsFileAddresses(file, 'example.com'), []);
});

await t.test('no file means no names', async (t) => {
  t.same(await hostsFileAddresses(join(tempDir(t), 'hosts'), 'localhost'), []);
});
