import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig } from '../../src/config/load.ts';
import { mergeFiles } from '../../src/config/merge.ts';
import { Report } from '../../src/config/report.ts';
import { faultsOf } from '../helpers/config-text.ts';
import { tempDir } from '../helpers/temp-dir.ts';

function folderOf(t: Pick<Test, 'teardown'>, files: Readonly<Record<string, string>>): string {
  const folder = path.join(tempDir(t), 'conf');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

const A = 'listen: { http: 80 }\nupstreams: { a: "a:1" }\nroutes: [{ path: /a, upstream: a }]\n';

await t.test('upstreams and routes of a directory add up', async (t) => {
  const folder = folderOf(t, { 'a.yaml': A, 'b.yaml': 'workers: 2\nupstreams: { b: "b:1" }\nroutes:\n  - { path: /b, upstream: b }\n' });
  const { config, warnings } = loadConfig(folder, { env: {} });
  t.equal(config.file, folder);
  t.equal(config.workers, 2);
  t.strictSame(config.upstreams.map(({ name }) => name), ['a', 'b']);
  t.strictSame(config.routes.map(({ id, line }) => [id, line]), [['/a', 3], ['/b', 4]]);
  t.strictSame(warnings, []);
});

await t.test('a mistake is shown in the file that has it', async (t) => {
  const folder = folderOf(t, { 'a.yaml': A, 'b.yaml': 'routes:\n  - { path: /b, upstream: aa }\n' });
  t.match(faultsOf(() => loadConfig(folder, { env: {} })), [
    { file: path.join(folder, 'b.yaml'), line: 2, column: 27, hint: 'Did you mean `a`?' },
  ]);
});

await t.test('what two files both say is an error', async (t) => {
  const folder = folderOf(t, { 'a.yaml': A, 'b.yaml': 'listen: { http: 81 }\nupstreams: { a: "b:1" }\n', 'c.yaml': '- 1\n' });
  t.match(faultsOf(() => loadConfig(folder, { env: {} })), [
    { file: path.join(folder, 'b.yaml'), line: 1, column: 1, message: /`listen` is given in two files/, hint: /a\.yaml:1/ },
    { file: path.join(folder, 'b.yaml'), line: 2, column: 14, message: /the upstream `a` is given twice/ },
    { file: path.join(folder, 'c.yaml'), line: 1, message: /must be a set of options/ },
  ]);
});

await t.test('one file that cannot be read is the only thing said', async (t) => {
  const folder = folderOf(t, { 'a.yaml': 'listen: [', 'b.yaml': 'routes: [{ upstream: nowhere }]' });
  const faults = faultsOf(() => loadConfig(folder, { env: {} }));
  t.ok(faults.length > 0);
  t.ok(faults.every(({ file }) => file.endsWith('a.yaml')));
});

await t.test('nothing merges into nothing', async (t) => {
  t.equal(mergeFiles([], new Report()), null);
});
