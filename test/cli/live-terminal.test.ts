import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import t from 'tap';
import { liveTerminal } from '../../src/cli/live-terminal.ts';
import { eventually } from '../helpers/wait-for.ts';

/** A terminal of which a test holds the other end. */
class FakeInput extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];

  setRawMode(isRaw: boolean): void {
    this.modes.push(isRaw);
  }
}

class FakeOutput extends Writable {
  isTTY = true;
  columns = 100;
  rows = 30;
  text = '';
  /** Takes what is written; null: at once. */
  taken: (() => void)[] | null = null;

  constructor() {
    super({ highWaterMark: 1 });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    if (this.taken === null) done();
    else this.taken.push(done);
  }
}

function start(env: Readonly<Record<string, string>> = {}, output = new FakeOutput()) {
  const [input, errors, signals] = [new FakeInput(), new FakeOutput(), new EventEmitter()];
  return { live: liveTerminal({ env, output, errors, input: () => input, signals }), input, output, errors, signals };
}

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

await t.test('a signal ends it, and the next one is left to the system', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    const { live, signals } = start();
    t.notOk(live.ended.aborted);
    signals.emit(signal);
    t.ok(live.ended.aborted, signal);
    live.close();
    t.strictSame(signals.eventNames(), []);
  }
});

await t.test('it ends where nobody reads any more', async (t) => {
  for (const stream of ['output', 'errors'] as const) {
    const given = start();
    given[stream].destroy(new Error('write EPIPE'));
    await eventually(() => given.live.ended.aborted, 20_000);
    given.live.close();
    t.pass('no error without a listener');
  }
});

await t.test('who writes waits for a reader that is slow, and no longer than until the end', async (t) => {
  const { live, output } = start();
  output.taken = [];
  const written: string[] = [];
  const first = live.write('a').then(() => written.push('a'));
  await eventually(() => output.taken?.length === 1);
  t.strictSame(written, []);
  output.taken[0]?.();
  await first;
  const second = live.write('b');
  live.close();
  await second;
  await live.write('c');
  t.equal(output.text, 'ab', 'after the end nothing is written');
});

await t.test('a screen is taken whole, and left as it was', async (t) => {
  for (const key of ['q', 'Q', '\u0003']) {
    const { live, input, output } = start();
    let resized = 0;
    t.strictSame([live.screen?.columns, live.screen?.rows], [100, 30]);
    live.screen?.open(() => { resized += 1; });
    t.strictSame([output.text, input.modes], [ENTER, [true]]);
    output.columns = 40;
    output.emit('resize');
    t.strictSame([resized, live.screen?.columns], [1, 40]);
    input.write('x\u001b[A');
    input.write(key);
    await eventually(() => live.ended.aborted, 20_000);
    live.close();
    live.close();
    output.emit('resize');
    t.strictSame([output.text, input.modes, resized, input.isPaused()], [ENTER + LEAVE, [true, false], 1, true], 'once');
  }
});

await t.test('keys that mean nothing end nothing', async (t) => {
  const { live, input } = start();
  live.screen?.open(() => undefined);
  input.write('x\u001b[A\r ');
  await eventually(() => input.readableLength === 0, 20_000);
  t.notOk(live.ended.aborted);
  live.close();
});

await t.test('a process that ends by a fault leaves the terminal as it was, too', async (t) => {
  const { live, output, signals, input } = start();
  live.screen?.open(() => undefined);
  signals.emit('exit');
  t.strictSame([output.text, input.modes], [ENTER + LEAVE, [true, false]]);
});

await t.test('there is no screen where output is no terminal, or a dumb one', async (t) => {
  const pipe = new FakeOutput();
  pipe.isTTY = false;
  const cases = [start({}, pipe), start({ TERM: 'dumb' })];
  for (const { live } of cases) {
    t.equal(live.screen, null);
    live.close();
  }
});

await t.test('a terminal that does not tell its size has the usual one', async (t) => {
  const output = new FakeOutput();
  output.columns = 0;
  output.rows = 0;
  const { live } = start({}, output);
  t.strictSame([live.screen?.columns, live.screen?.rows], [80, 24]);
  live.close();
});
