import t from 'tap';
import type { SyslogLink } from '../../src/observe/syslog-link.ts';
import { SyslogOutput } from '../../src/observe/syslog-output.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';

type Done = (error: Error | null) => void;

/** A link whose sends end when the test says so. */
class HeldLink implements SyslogLink {
  readonly batchMax = 2;
  readonly sendsMax = 1;
  readonly sends: { readonly messages: readonly string[]; readonly done: Done }[] = [];
  closed = false;

  send(messages: readonly string[], done: Done): void {
    this.sends.push({ messages, done });
  }

  close(): void {
    this.closed = true;
  }
}

function start(bufferBytesMax = 1000) {
  const link = new HeldLink();
  const clock = new ManualClock();
  const problems: (string | null)[] = [];
  const output = new SyslogOutput({ link, bufferBytesMax, clock, onProblem: (reason) => problems.push(reason) });
  return { link, clock, problems, output };
}

await t.test('messages go in order, as many at once as the link takes, and not before the turn has ended', async (t) => {
  const { link, output } = start();
  for (const message of ['1', '2', '3']) t.ok(output.write(message));
  t.equal(link.sends.length, 0);
  await eventually(() => link.sends.length === 1);
  t.strictSame(link.sends[0]?.messages, ['1', '2']);
  link.sends[0]?.done(null);
  t.strictSame(link.sends[1]?.messages, ['3']);
  const ended = output.end();
  link.sends[1]?.done(null);
  await ended;
  t.strictSame([link.closed, output.dropped], [true, 0]);
});

await t.test('threat: a server that does not answer holds neither the thread nor the memory; what was refused is counted', async (t) => {
  const { link, output } = start(10);
  for (let index = 0; index < 20; index += 1) output.write('12345');
  t.equal(output.dropped, 18);
  await eventually(() => link.sends.length === 1);
  output.write('12345');
  t.equal(output.dropped, 19, 'what is under way takes its room until it has arrived');
  link.sends[0]?.done(null);
  t.ok(output.write('12345'));
});

await t.test('what failed is sent again after a second, before what came later, and is told once', async (t) => {
  const { link, clock, output, problems } = start();
  for (const message of ['1', '2', '3']) output.write(message);
  await eventually(() => link.sends.length === 1);
  link.sends[0]?.done(new Error('refused'));
  output.write('4');
  clock.advance(999);
  t.equal(link.sends.length, 1);
  clock.advance(1);
  t.strictSame(link.sends[1]?.messages, ['1', '2']);
  link.sends[1]?.done(new Error('refused'));
  clock.advance(1000);
  link.sends[2]?.done(null);
  t.strictSame(problems, ['refused', null]);
  t.strictSame(link.sends[3]?.messages, ['3', '4']);
});

await t.test('at the end it is tried once more; what cannot be sent is counted', async (t) => {
  const { link, clock, output } = start();
  output.write('1');
  const ended = output.end();
  link.sends[0]?.done(new Error('refused'));
  await ended;
  t.strictSame([output.dropped, link.closed, clock.tickers], [1, true, 0]);
  const silent = start();
  silent.output.write('1');
  const waits = silent.output.end();
  silent.clock.advance(500);
  await waits;
  silent.link.sends[0]?.done(new Error('closed'));
  t.equal(silent.output.dropped, 1, 'one that was under way is counted when it has failed');
  t.notOk(silent.output.write('late'));
});
