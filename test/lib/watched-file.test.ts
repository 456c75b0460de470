import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { WatchedFile } from '../../src/lib/watched-file.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const LOOK_MS = 500;

interface Given {
  readonly file: string;
  readonly clock: ManualClock;
  readonly watched: WatchedFile<string>;
  readonly refused: string[];
  readonly changes: () => number;
  /** Lets looks pass until it is so. */
  readonly until: (isSo: () => boolean) => Promise<void>;
}

function parse(text: string): string {
  if (text === 'bad') throw new RangeError('it is bad');
  return text;
}

function watching(t: Test, initial = 'initial'): Given {
  const file = path.join(tempDir(t), 'list.txt');
  const clock = new ManualClock();
  const refused: string[] = [];
  let changes = 0;
  const watched = new WatchedFile({
    path: file, initial, parse, clock,
    report: { onChange: () => { changes += 1; }, onRefused: (reason) => refused.push(reason instanceof Error ? reason.message : '') },
  });
  t.teardown(() => watched.close());
  const until = async (isSo: () => boolean): Promise<void> => {
    await eventually(() => {
      clock.advance(LOOK_MS);
      return isSo();
    });
  };
  return { file, clock, watched, refused, changes: () => changes, until };
}

await t.test('what is there is read when it is asked for, and once only', async (t) => {
  const { file, watched, changes } = watching(t);
  t.equal(watched.value, 'initial');
  writeFileSync(file, 'one');
  await watched.refresh();
  await watched.refresh();
  t.strictSame([watched.value, changes()], ['one', 1]);
});

await t.test('a file written in place, and one put in its place, count by themselves', async (t) => {
  const { file, watched, until } = watching(t);
  writeFileSync(file, 'one');
  await until(() => watched.value === 'one');
  writeFileSync(file, 'two!');
  await until(() => watched.value === 'two!');
  writeFileSync(`${file}.new`, 'three');
  renameSync(`${file}.new`, file);
  await until(() => watched.value === 'three');
});

await t.test('whoever writes is given time to end: a state counts when it is seen at two looks', async (t) => {
  const { file, watched, until, changes } = watching(t);
  writeFileSync(file, 'one');
  await watched.refresh();
  let looks = 0;
  writeFileSync(file, 'half');
  await until(() => {
    looks += 1;
    return watched.value === 'half';
  });
  t.ok(looks >= 2, `${looks} looks`);
  t.equal(changes(), 2);
});

await t.test('what is of no use is told once, and what was there before stays', async (t) => {
  const { file, watched, refused, until, clock } = watching(t);
  writeFileSync(file, 'good');
  await watched.refresh();
  writeFileSync(file, 'bad');
  await until(() => refused.length === 1);
  clock.advance(LOOK_MS * 4);
  await watched.refresh();
  t.strictSame([watched.value, refused], ['good', ['it is bad']]);
  rmSync(file);
  await until(() => refused.length === 2);
  for (let look = 0; look < 5; look += 1) {
    clock.advance(LOOK_MS);
    await watched.refresh();
  }
  t.strictSame([watched.value, refused.length], ['good', 2]);
  t.match(refused[1], /no such file/);
  writeFileSync(file, 'back');
  await until(() => watched.value === 'back');
});

await t.test('what is no text, no file or too large is refused', async (t) => {
  const { file, watched, refused } = watching(t);
  writeFileSync(file, Buffer.from([0xff, 0xfe]));
  await watched.refresh();
  writeFileSync(file, Buffer.alloc(4 * 1024 * 1024 + 1));
  await watched.refresh();
  t.match(refused, [/./, /larger than 4 MB/]);
  t.equal(watched.value, 'initial');
});

await t.test('nothing is left after the close', async (t) => {
  const { file, watched, clock, changes } = watching(t);
  watched.close();
  t.equal(clock.tickers, 0);
  writeFileSync(file, 'one');
  await watched.refresh();
  t.strictSame([watched.value, changes()], ['initial', 0]);
});
