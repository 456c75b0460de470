import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Clock } from '../../src/lib/clock.ts';
import { LogFile } from '../../src/observe/log-file.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Opened {
  readonly output: LogFile;
  readonly clock: ManualClock;
  readonly problems: (string | null)[];
}

function openLog(t: Test, file: string, bufferBytesMax = 100_000): Opened {
  const clock = new ManualClock();
  const problems: (string | null)[] = [];
  const output = new LogFile({ file, bufferBytesMax, clock: clock satisfies Clock, onProblem: (reason) => problems.push(reason) });
  t.teardown(() => output.close());
  return { output, clock, problems };
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

await t.test('lines reach the file in order, behind what is there, and only its owner and group may read it', async (t) => {
  const file = path.join(tempDir(t), 'access.log');
  const { output, problems } = openLog(t, file);
  for (let index = 0; index < 3000; index += 1) output.write(`${index}\n`);
  await output.end();
  const { output: second } = openLog(t, file);
  second.write('last\n');
  await second.end();
  t.equal(read(file), `${Array.from({ length: 3000 }, (_, index) => `${index}\n`).join('')}last\n`);
  t.equal(statSync(file).mode & 0o777, 0o640);
  t.notOk(second.write('late\n'));
  t.strictSame([output.dropped, second.dropped, problems], [0, 1, []]);
});

await t.test('a file that was renamed is written until it is opened again; no line is lost or twice', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'access.log');
  const { output } = openLog(t, file);
  output.write('1\n');
  await eventually(() => read(file) === '1\n');
  renameSync(file, `${file}.1`);
  output.write('2\n');
  await eventually(() => read(`${file}.1`) === '1\n2\n');
  output.write('3\n');
  output.reopen();
  output.write('4\n');
  await eventually(() => existsSync(file));
  output.write('5\n');
  await output.end();
  t.equal(read(`${file}.1`) + read(file), '1\n2\n3\n4\n5\n');
});

await t.test('threat: a full disk costs what is beyond the buffer, and nothing waits for it', async (t) => {
  const { output, clock, problems } = openLog(t, '/dev/full', 20);
  for (let index = 0; index < 10; index += 1) output.write('line\n');
  t.equal(output.dropped, 6);
  await eventually(() => problems.length === 1);
  t.strictSame(problems, ['ENOSPC']);
  await eventually(() => clock.tickers === 1);
  clock.advance(1000);
  await eventually(() => clock.tickers === 1);
  await output.end();
  t.equal(output.dropped, 10, 'what was left at the end is counted, too');
});

await t.test('threat: a disk that has room again gets every line that was kept, whole and once', async (t) => {
  const dir = tempDir(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    t.plan(0, 'only root may mount');
    return;
  }
  t.teardown(() => execFileSync('umount', ['-l', dir]));
  const file = path.join(dir, 'access.log');
  const ballast = path.join(dir, 'ballast');
  const writers = [openLog(t, file, 400_000), openLog(t, file, 400_000)];
  execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1k', 'count=60'], { stdio: 'ignore' });
  const lines = Array.from({ length: 600 }, (_, index) => `${String(index).padStart(4, '0')}${'x'.repeat(40 + (index % 37))}\n`);
  for (const [index, line] of lines.entries()) writers[index % 2]!.output.write(line);
  await eventually(() => writers.every(({ problems }) => problems.length > 0));
  t.ok(read(file).endsWith('\n'), 'no half line is left');
  t.ok(read(file).length < lines.join('').length, 'it was full');
  rmSync(ballast);
  execFileSync('mount', ['-o', 'remount,size=1m', dir]);
  for (const { clock } of writers) clock.advance(1000);
  await eventually(() => read(file).length >= lines.join('').length);
  t.strictSame(read(file).split('\n').slice(0, -1).toSorted(), lines.map((line) => line.slice(0, -1)));
  t.strictSame(writers.map(({ problems, output }) => [problems, output.dropped]), [[['ENOSPC', null], 0], [['ENOSPC', null], 0]]);
});

await t.test('a folder that went away and came back has its file again', async (t) => {
  const dir = path.join(tempDir(t), 'volume');
  const file = path.join(dir, 'access.log');
  const { output, clock, problems } = openLog(t, file);
  output.write('kept\n');
  await eventually(() => problems[0] === 'ENOENT' && clock.tickers === 1);
  mkdirSync(dir);
  clock.advance(1000);
  await eventually(() => read(file) === 'kept\n');
  await eventually(() => problems.length === 2);
});

await t.test('threat: a named pipe nobody reads, or that is full, holds nobody', async (t) => {
  const file = path.join(tempDir(t), 'pipe');
  execFileSync('mkfifo', [file]);
  const { output, clock, problems } = openLog(t, file, 300_000);
  const line = `${'x'.repeat(999)}\n`;
  for (let index = 0; index < 200; index += 1) t.ok(output.write(line));
  await eventually(() => problems[0] === 'ENXIO' && clock.tickers === 1);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  clock.advance(1000);
  const buffer = Buffer.alloc(65_536);
  let bytes = 0;
  await eventually(() => {
    try {
      bytes += readSync(reader, buffer);
    } catch {
      // It is empty at this moment.
    }
    clock.advance(20);
    return bytes === 200_000;
  });
  t.equal(output.dropped, 0);
});
