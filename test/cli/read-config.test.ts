import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../src/cli/read-config.ts';
import { MemoryTerminal } from '../helpers/memory-terminal.ts';
import { tempDir } from '../helpers/temp-dir.ts';

await t.test('what can be used is returned; what cannot is null, with the reasons in colour where colours are wanted', async (t) => {
  const file = join(tempDir(t), 'gateway.yaml');
  writeFileSync(file, 'listen: { http: 80 }\nroutes: [{ respond: {} }]');
  const good = new MemoryTerminal();
  t.match(readConfig(file, good), { file, routes: [{ action: { kind: 'respond' } }] });
  t.equal(good.complained, '');

  writeFileSync(file, 'listen: { http: 80 }\nroutes: [{ respnd: {} }]');
  const [plain, coloured] = [new MemoryTerminal(), Object.assign(new MemoryTerminal(), { color: true })];
  for (const terminal of [plain, coloured]) t.equal(readConfig(file, terminal), null);
  t.match(plain.complained, 'respnd');
  t.notOk(plain.complained.includes('\u001b['));
  t.ok(coloured.complained.includes('\u001b['));
});

await t.test('what is only doubtful is printed, and the configuration is used', async (t) => {
  const dir = tempDir(t);
  const file = join(dir, 'gateway.yaml');
  writeFileSync(file, 'listen: { http: 80 }\nupstreams: { unused: "x:1" }\nroutes: [{ respond: {} }]');
  const terminal = new MemoryTerminal();
  t.not(readConfig(file, terminal), null);
  t.match(terminal.complained, 'unused');
});
