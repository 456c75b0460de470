import t from 'tap';
import { CircuitBreaker } from '../../src/balance/breaker.ts';
import { SharedWindow } from '../../src/lib/shared-window.ts';
import { Breaker, Reason, SlotField, type Slot } from '../../src/lib/slots.ts';
import { cellOf, sampleUpstream, someTargets } from './sample-upstream.ts';

interface Bench {
  readonly breaker: CircuitBreaker;
  readonly cell: Slot;
  readonly own: Slot;
  readonly tick: () => number;
  readonly advance: (ms: number) => void;
  /** Calls that end now, counted in the window of one member. */
  readonly calls: (good: number, bad: number, slow?: number, member?: number) => void;
}

function bench(options: string, scope: 'member' | 'upstream' = 'member'): Bench {
  const sample = sampleUpstream(`breaker: ${options}`, someTargets(2));
  const { breaker: config } = sample.config;
  if (config === null) throw new Error('the options have a breaker');
  const windows = sample.cells.map((cell) => new SharedWindow(cell, SlotField.Window));
  const cell = scope === 'member' ? cellOf(sample, 0) : sample.own;
  const breaker = new CircuitBreaker(config, cell, sample.own, scope === 'member' ? windows.slice(0, 1) : windows);
  const end = (count: number, member: number, error: number, slow: number): void => {
    for (let i = 0; i < count; i += 1) {
      const second = 1 + Math.floor(sample.tick() / 10);
      windows[member]?.add(second, 1, error, slow);
      breaker.settle(error + slow === 0, sample.tick(), second, true);
    }
  };
  return {
    breaker,
    cell,
    own: sample.own,
    tick: () => sample.tick(),
    advance: (ms) => sample.clock.advance(ms),
    calls(good, bad, slow = 0, member = 0) {
      end(good, member, 0, 0);
      end(bad, member, 1, 0);
      end(slow, member, 0, 1);
    },
  };
}

function admitted(breaker: CircuitBreaker, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i += 1) if (breaker.admits()) count += 1;
  return count;
}

await t.test('it opens when the share of failed calls is reached, and not for fewer calls than asked for', async (t) => {
  const { breaker, cell, own, tick, calls } = bench('{ errors: 50%, requests: 20, open: 30s }');
  calls(9, 10);
  t.equal(breaker.state, Breaker.Closed, '19 calls are too few');
  const epoch = own.load(SlotField.Epoch);
  calls(0, 1);
  t.equal(breaker.state, Breaker.Open);
  t.equal(cell.load(SlotField.BreakerUntil), tick() + 300);
  t.equal(cell.load(SlotField.Reason), Reason.ErrorRate);
  t.equal(own.load(SlotField.Epoch), epoch + 1);
  t.equal(admitted(breaker, 5), 0);
});

await t.test('a share that is not reached opens nothing', async (t) => {
  const { breaker, calls } = bench('{ errors: 50%, requests: 20 }');
  calls(60, 50);
  t.equal(breaker.state, Breaker.Closed);
});

await t.test('slow calls open it by a share of their own', async (t) => {
  const { breaker, cell, calls } = bench('{ errors: 50%, slow: 80%, slowAfter: 1s, requests: 10 }');
  calls(2, 0, 7);
  t.equal(breaker.state, Breaker.Closed);
  calls(0, 0, 1);
  t.equal(breaker.state, Breaker.Open);
  t.equal(cell.load(SlotField.Reason), Reason.SlowCalls);
});

await t.test('calls older than the window are forgotten', async (t) => {
  const { breaker, calls, advance } = bench('{ errors: 50%, window: 3s, requests: 10 }');
  calls(0, 9);
  advance(3000);
  calls(0, 9);
  t.equal(breaker.state, Breaker.Closed);
});

await t.test('half open, as many calls pass as there are probes, and it closes when all were good', async (t) => {
  const { breaker, cell, tick, advance, calls } = bench('{ requests: 5, open: 2s, probes: 3 }');
  calls(0, 5);
  advance(2000);
  breaker.probe(tick());
  t.equal(breaker.state, Breaker.HalfOpen);
  t.equal(admitted(breaker, 10), 3);
  calls(2, 0);
  t.equal(breaker.state, Breaker.HalfOpen);
  calls(1, 0);
  t.equal(breaker.state, Breaker.Closed);
  t.equal(cell.load(SlotField.Reason), Reason.ProbesPassed);
  t.equal(cell.load(SlotField.SlowStartFrom), tick());
  calls(0, 4);
  t.equal(breaker.state, Breaker.Closed, 'what was counted before it opened is forgotten');
});

await t.test('one bad probe opens it again', async (t) => {
  const { breaker, cell, tick, calls } = bench('{ requests: 5, open: 2s, probes: 3 }');
  calls(0, 5);
  breaker.probe(tick());
  calls(2, 1);
  t.equal(breaker.state, Breaker.Open);
  t.equal(cell.load(SlotField.Reason), Reason.ProbeFailed);
  t.equal(admitted(breaker, 5), 0);
});

await t.test('a permit given back is another call\'s, and never one more than there are', async (t) => {
  const { breaker, tick, calls } = bench('{ requests: 5, probes: 2 }');
  calls(0, 5);
  breaker.giveBack();
  t.equal(breaker.state, Breaker.Open, 'open, there is nothing to give back');
  breaker.probe(tick());
  t.equal(admitted(breaker, 5), 2);
  breaker.giveBack();
  t.equal(admitted(breaker, 5), 1);
  for (let i = 0; i < 9; i += 1) breaker.giveBack();
  t.equal(admitted(breaker, 9), 2);
  calls(1, 0);
  for (let i = 0; i < 9; i += 1) breaker.giveBack();
  t.equal(admitted(breaker, 9), 1, 'one good probe less is needed');
});

await t.test('another round of probes takes the place of one that never ended', async (t) => {
  const { breaker, tick, advance, calls } = bench('{ requests: 5, open: 2s, probes: 2 }');
  calls(0, 5);
  breaker.probe(tick());
  t.equal(admitted(breaker, 5), 2);
  advance(2000);
  breaker.probe(tick());
  t.equal(breaker.state, Breaker.HalfOpen);
  t.equal(admitted(breaker, 5), 2);
});

await t.test('calls that began before it opened change nothing while it is open', async (t) => {
  const { breaker, own, calls } = bench('{ requests: 5 }');
  calls(0, 5);
  const epoch = own.load(SlotField.Epoch);
  calls(5, 5);
  t.equal(breaker.state, Breaker.Open);
  t.equal(own.load(SlotField.Epoch), epoch);
});

await t.test('that of an upstream adds up the calls of its members, once per tick at most', async (t) => {
  const { breaker, calls, advance } = bench('{ errors: 50%, requests: 20 }', 'upstream');
  calls(0, 10, 0, 0);
  advance(100);
  calls(0, 9, 0, 1);
  t.equal(breaker.state, Breaker.Closed);
  advance(100);
  calls(0, 1, 0, 1);
  t.equal(breaker.state, Breaker.Open);
});
