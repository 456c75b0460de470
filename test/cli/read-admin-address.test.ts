import { writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { readAdminAddress } from '../../src/cli/read-admin-address.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('the address is told; where it cannot be read, the place is printed', async (t) => {
  const file = path.join(tempDir(t), 'a.yaml');
  const terminal = new MemoryTerminal();
  writeFileSync(file, 'listen: { admin: 9091 }\n');
  t.strictSame(readAdminAddress(file, terminal), { admin: { host: '127.0.0.1', port: 9091 } });
  writeFileSync(file, 'listen:\n  admin: here\n');
  t.equal(readAdminAddress(file, terminal), null);
  t.match(terminal.complained, /a\.yaml:2:10/);
});
