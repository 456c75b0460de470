import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { pathPlaces } from '../../src/lib/path-places.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** A folder, and what a path in it leads over, relative to the folder. */
function world(t: Test): { readonly dir: string; readonly way: (file: string) => { readonly over: string[]; readonly end: string | null } } {
  const dir = realpathSync(tempDir(t));
  const relative = (file: string): string => path.relative(dir, file);
  const way = (file: string) => {
    const { places, end } = pathPlaces(path.join(dir, file));
    return { over: places.map(({ folder, name }) => relative(path.join(folder, name))), end: end === null ? null : relative(end) };
  };
  return { dir, way };
}

await t.test('a plain file has one place: its name in its folder', async (t) => {
  const { dir, way } = world(t);
  mkdirSync(path.join(dir, 'a/b'), { recursive: true });
  writeFileSync(path.join(dir, 'a/b/c'), '');
  t.strictSame(way('a/b/c'), { over: ['a/b/c'], end: 'a/b/c' });
  t.strictSame(way('a/b'), { over: ['a/b'], end: 'a/b' });
  t.strictSame(pathPlaces('/'), { places: [], end: '/' });
});

await t.test('every link on the way is a place, be it of a file, of a folder, or of a link', async (t) => {
  const { dir, way } = world(t);
  mkdirSync(path.join(dir, 'mount/..2026'), { recursive: true });
  mkdirSync(path.join(dir, 'real'));
  writeFileSync(path.join(dir, 'mount/..2026/app.yaml'), '');
  symlinkSync('..2026', path.join(dir, 'mount/..data'));
  symlinkSync('..data/app.yaml', path.join(dir, 'mount/app.yaml'));
  t.strictSame(way('mount/app.yaml'), { over: ['mount/app.yaml', 'mount/..data', 'mount/..2026/app.yaml'], end: 'mount/..2026/app.yaml' });
  symlinkSync(path.join(dir, 'mount'), path.join(dir, 'real/absolute'));
  t.strictSame(way('real/absolute/..2026/app.yaml'), { over: ['real/absolute', 'mount/..2026/app.yaml'], end: 'mount/..2026/app.yaml' });
});

await t.test('of what is missing the first missing step is a place', async (t) => {
  const { dir, way } = world(t);
  t.strictSame(way('none/of/it'), { over: ['none'], end: null });
  symlinkSync('gone', path.join(dir, 'dangling'));
  t.strictSame(way('dangling'), { over: ['dangling', 'gone'], end: null });
});

await t.test('threat: links that lead in a circle are followed only so far', async (t) => {
  const { dir, way } = world(t);
  symlinkSync('b', path.join(dir, 'a'));
  symlinkSync('a', path.join(dir, 'b'));
  const { over, end } = way('a');
  t.equal(end, null);
  t.ok(over.length <= 42);
});
