import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { createLineWriter } from '../../src/observe/line-writer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const CHILD = new URL('line-writer-child.ts', import.meta.url);

/** A named pipe opened in both directions, so that it has a reader; reads of it never block. */
function openPipe(t: Test): { readonly fd: number; readonly file: string } {
  const file = path.join(tempDir(t), 'pipe');
  execFileSync('mkfifo', [file]);
  return { fd: openSync(file, constants.O_RDWR | constants.O_NONBLOCK), file };
}

/** What is in the pipe now. */
function readAll(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  let text = '';
  for (;;) {
    try {
      const bytes = readSync(fd, buffer);
      if (bytes === 0) return text;
      text += buffer.toString('utf8', 0, bytes);
    } catch {
      return text;
    }
  }
}

/** A thousand bytes. */
function line(index: number): string {
  return `${String(index).padStart(999, '.')}\n`;
}

await t.test('lines reach a file in order, asynchronously or on flush', async (t) => {
  const file = path.join(tempDir(t), 'log');
  const fd = openSync(file, 'a');
  const writer = createLineWriter({ fd });
  t.teardown(() => closeSync(fd));
  t.ok(writer.write('one\n'));
  t.equal(readFileSync(file, 'utf8'), '', 'not within the turn');
  await eventually(() => readFileSync(file, 'utf8') === 'one\n');
  for (let index = 0; index < 5000; index++) writer.write(`${index}\n`);
  writer.flush();
  writer.close();
  t.equal(readFileSync(file, 'utf8'), `one\n${Array.from({ length: 5000 }, (_, index) => `${index}\n`).join('')}`);
  t.notOk(writer.write('late\n'), 'nothing is taken after close');
  t.strictSame([writer.dropped, writer.isTerminal, writer.hasColour], [1, false, false]);
});

await t.test('threat: a reader that stopped holds neither the thread nor the memory, and lines stay whole', async (t) => {
  const { fd } = openPipe(t);
  const clock = new ManualClock();
  const writer = createLineWriter({ fd, bufferBytesMax: 100_000, clock });
  t.teardown(() => closeSync(fd));
  let taken = 0;
  while (writer.write(line(taken))) taken++;
  t.equal(taken, 100, 'the bound, before anything is written');
  await eventually(() => clock.tickers === 1);
  while (writer.write(line(taken))) taken++;
  t.equal(writer.dropped, 2, 'each refused line is counted');
  let text = '';
  while (text.length < taken * 1000) {
    text += readAll(fd);
    clock.advance(50);
  }
  t.equal(text, Array.from({ length: taken }, (_, index) => line(index)).join(''), 'all that was taken came, in order');
  t.ok(writer.write('again\n'));
  writer.close();
  t.equal(readAll(fd), 'again\n');
  t.equal(clock.tickers, 0);
});

await t.test('threat: flush gives up on a reader that stopped, and counts what is lost', async (t) => {
  const { fd } = openPipe(t);
  const writer = createLineWriter({ fd });
  t.teardown(() => closeSync(fd));
  for (let index = 0; index < 300; index++) writer.write(`${'x'.repeat(999)}\n`);
  writer.close();
  const whole = readAll(fd).split('\n').length - 1;
  t.ok(whole > 0 && whole < 300);
  t.ok(writer.dropped > 0);
});

await t.test('a pipe whose reader went away is written again when one is back', async (t) => {
  const { fd, file } = openPipe(t);
  const clock = new ManualClock();
  const writer = createLineWriter({ fd, clock });
  t.teardown(() => writer.close());
  closeSync(fd);
  writer.write('kept\n');
  await eventually(() => clock.tickers === 1);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  clock.advance(1000);
  t.equal(readAll(reader), 'kept\n');
});

await t.test('threat: a full disk costs lines and nothing else', async (t) => {
  const fd = openSync('/dev/full', 'w');
  const clock = new ManualClock();
  const writer = createLineWriter({ fd, bufferBytesMax: 20, clock });
  t.teardown(() => closeSync(fd));
  writer.write('one\n');
  await eventually(() => clock.tickers === 1);
  for (let index = 0; index < 10; index++) writer.write('two\n');
  t.equal(writer.dropped, 5, 'beyond the bound');
  writer.close();
  t.equal(writer.dropped, 11, 'and all that was waiting');
});

await t.test('lines of several threads never mix in a pipe, and a thread writes its last lines when it ends', async (t) => {
  const { fd } = openPipe(t);
  t.teardown(() => closeSync(fd));
  const count = 400;
  const letters = ['a', 'b', 'c'];
  const workers = letters.map((letter) => new Worker(CHILD, { workerData: { fd, count, line: `${letter.repeat(899)}\n` } }));
  const ended = Promise.all(workers.map((worker) => once(worker, 'exit')));
  let text = '';
  while (text.length < letters.length * count * 900) {
    text += readAll(fd);
    await nextTurn();
  }
  await ended;
  const lines = text.split('\n').slice(0, -1);
  t.equal(lines.length, letters.length * count);
  t.equal(lines.find((text) => !/^(?:a{899}|b{899}|c{899})$/.test(text)), undefined, 'every line is whole');
});

await t.test('threat: a process outlives the reader of its standard output', async (t) => {
  const child = fork(CHILD, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
  t.teardown(() => child.kill('SIGKILL'));
  const [first] = (await once(child.stdout!, 'data')) as [Buffer];
  t.equal(String(first), 'first\n');
  child.stdout!.destroy();
  await once(child.stdout!, 'close');
  child.send('go');
  const exit = once(child, 'exit');
  const [dropped] = (await once(child, 'message')) as [number];
  t.equal(dropped, 1);
  t.strictSame(await exit, [0, null]);
});
