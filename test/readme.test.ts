import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { loadConfig } from '../src/config/load.ts';
import { tempDir } from './helpers/temp-dir.ts';

const root = path.join(import.meta.dirname, '..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```yaml\n(# (\S+)\n.*?)^```/gms)].map(([, text = '', name = '']) => ({ text, name }));

/** Files that an example names must be there, as they are at the reader's. */
function provideFiles(folder: string, text: string): void {
  for (const [, name = ''] of text.matchAll(/\b(?:cert|key|ca|file|[0-9]{3}): (\.?[^\s,}]+\.[a-z]+)/g)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), name.endsWith('keys.txt') ? `acme sha256:${'1'.repeat(64)}` : '');
  }
}

await t.test('every example says in its first line which file it is', async (t) => {
  t.equal(blocks.length, readme.split('```yaml').length - 1);
  t.strictSame([...new Set(blocks.map(({ name }) => name))].toSorted(), ['compose.yaml', 'gateway.yaml']);
});

for (const [index, { text, name }] of blocks.entries()) {
  await t.test(`example ${index + 1}, a ${name}, is right`, async (t) => {
    if (name !== 'gateway.yaml') {
      t.type(parse(text), 'object');
      return;
    }
    const folder = tempDir(t);
    const file = path.join(folder, name);
    writeFileSync(file, text);
    provideFiles(folder, text);
    const { config, warnings } = loadConfig(file, { env: {} });
    t.ok(config.routes.length > 0);
    t.strictSame(warnings, []);
  });
}

await t.test('every link to a file leads somewhere', async (t) => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, link = '']) => link);
  t.ok(links.length > 0);
  for (const link of links) t.doesNotThrow(() => readFileSync(path.join(root, link)), link);
});
