import { mkdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { type IsWanted, PlaceWatches } from '../../src/lib/place-watches.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

function make(t: Test, watchPlace?: typeof watch) {
  const seen = { hints: 0, deaf: [] as (string | null)[] };
  const watches = new PlaceWatches({
    onHint: () => { seen.hints += 1; },
    onDeaf: (reason) => void seen.deaf.push(reason),
    ...(watchPlace === undefined ? {} : { watchPlace }),
  });
  t.teardown(() => watches.close());
  const wants = (...places: readonly (readonly [place: string, names: readonly string[]])[]): void =>
    watches.use(new Map<string, IsWanted>(places.map(([place, names]) => [place, (name) => names.includes(name)])));
  return { watches, seen, wants };
}

await t.test('what happens to a wanted name is told, what happens to others is not', async (t) => {
  const dir = tempDir(t);
  const { seen, wants } = make(t);
  wants([dir, ['a']]);
  writeFileSync(path.join(dir, 'b'), '1');
  writeFileSync(path.join(dir, 'b'), '2');
  t.equal(await unmoved(() => seen.hints), 0);
  writeFileSync(path.join(dir, 'a'), '1');
  await eventually(() => seen.hints > 0);
  await unmoved(() => seen.hints);
  const before = seen.hints;
  rmSync(path.join(dir, 'a'));
  await eventually(() => seen.hints > before);
});

await t.test('a folder in the place of another of the same name is watched anew', async (t) => {
  const dir = path.join(tempDir(t), 'config');
  const { seen, wants } = make(t);
  mkdirSync(dir);
  wants([dir, ['a']]);
  renameSync(dir, `${dir}.old`);
  await eventually(() => seen.hints > 0);
  mkdirSync(dir);
  wants([dir, ['a']]);
  await unmoved(() => seen.hints);
  const before = seen.hints;
  writeFileSync(path.join(`${dir}.old`, 'a'), '1');
  t.equal(await unmoved(() => seen.hints), before, 'the old one is nobody’s');
  writeFileSync(path.join(dir, 'a'), '1');
  await eventually(() => seen.hints > before);
});

await t.test('what is wanted no more is not watched, and what is not there is no fault', async (t) => {
  const [one, two] = [tempDir(t), tempDir(t)];
  const { watches, seen, wants } = make(t);
  wants([one, ['a']], [two, ['a']], [path.join(one, 'none'), ['a']]);
  t.equal(watches.count, 2);
  wants([two, ['a']]);
  t.equal(watches.count, 1);
  writeFileSync(path.join(one, 'a'), '1');
  t.equal(await unmoved(() => seen.hints), 0);
  t.strictSame(seen.deaf, []);
});

await t.test('a system without watches left is told of once, and once it has some again', async (t) => {
  const dir = tempDir(t);
  let code: string | null = 'ENOSPC';
  const refusing = ((): never => {
    throw Object.assign(new Error(`watch ${code}`), { code });
  }) as typeof watch;
  const watchPlace = ((...given: Parameters<typeof watch>) => (code === null ? watch(...given) : refusing(...given))) as typeof watch;
  const { watches, seen, wants } = make(t, watchPlace);
  wants([dir, ['a']]);
  wants([dir, ['a']]);
  t.match(seen.deaf, [/max_user_watches/]);
  code = 'EMFILE';
  wants([dir, ['a']]);
  code = 'EACCES';
  wants([dir, ['a']]);
  t.match(seen.deaf.slice(1), [/max_user_instances/, 'watch EACCES']);
  code = null;
  wants([dir, ['a']]);
  t.strictSame([seen.deaf.at(-1), watches.count], [null, 1]);
});

await t.test('threat: thousands of folders do not take all watches of the system', async (t) => {
  const dir = tempDir(t);
  const folders = Array.from({ length: 1030 }, (_, i) => path.join(dir, String(i)));
  for (const folder of folders) mkdirSync(folder);
  const { watches, seen, wants } = make(t);
  wants(...folders.map((folder) => [folder, ['a']] as const));
  t.equal(watches.count, 1024);
  t.match(seen.deaf, [/more than 1024 places/]);
});

await t.test('a watch that fails later is given up, and that is a hint', async (t) => {
  const dir = tempDir(t);
  const made: ReturnType<typeof watch>[] = [];
  const { watches, seen, wants } = make(t, ((...given: Parameters<typeof watch>) => {
    const watcher = watch(...given);
    made.push(watcher);
    return watcher;
  }) as typeof watch);
  wants([dir, ['a']]);
  made[0]?.emit('error', new Error('gone'));
  t.strictSame([watches.count, seen.hints], [0, 1]);
});
