import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { Outcomes } from '../../src/balance/outcomes.ts';
import { CircuitBreaker } from '../../src/balance/breaker.ts';
import { Breaker, SlotField } from '../../src/lib/slots.ts';
import { cellOf, outOf, sampleUpstream, someTargets, type SampleUpstream } from './sample-upstream.ts';
import type { ThreadData, ThreadTask } from './outcomes-thread.ts';

const THREADS = 3;

function outcomesOf(sample: SampleUpstream): Outcomes {
  const outcomes = new Outcomes(sample.config, sample.own, () => sample.tick());
  outcomes.useMembers(sample.cells.map((slot) => ({ slot })));
  return outcomes;
}

/** Runs a task in several threads at once. @returns what each counted. */
async function inThreads(sample: SampleUpstream, task: ThreadTask, times: number): Promise<number[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  return Promise.all(Array.from({ length: THREADS }, async (_, index) => {
    const data: ThreadData = {
      memory: sample.memory, worker: index + 1, config: sample.config, upstreamSlot: sample.slot,
      memberSlots: sample.members.map(({ slot }) => slot), task, times, tick: sample.tick(), gate, threads: THREADS,
    };
    const worker = new Worker(new URL('./outcomes-thread.ts', import.meta.url), { workerData: data });
    const [count] = (await once(worker, 'message')) as [number];
    await worker.terminate();
    return count;
  }));
}

await t.test('requests and failures are counted once each, whatever the way they ended', async (t) => {
  const sample = sampleUpstream('maxFails: 0, eject: off', someTargets(1));
  const outcomes = outcomesOf(sample);
  const member = { slot: cellOf(sample, 0) };
  outcomes.succeeded(member, 5);
  outcomes.failed(member, 'reset');
  outcomes.failed(member, 'timeout');
  outcomes.connectFailed(member);
  outcomes.abandoned(member);
  t.equal(member.slot.load(SlotField.Requests), 4);
  t.equal(member.slot.load(SlotField.Failures), 3);
});

await t.test('failures of every kind add up to an ejection', async (t) => {
  const sample = sampleUpstream('maxFails: 0', someTargets(2));
  const outcomes = outcomesOf(sample);
  const member = { slot: cellOf(sample, 0) };
  for (const kind of ['reset', 'timeout', 'status', 'status'] as const) outcomes.failed(member, kind);
  t.strictSame(outOf(sample), []);
  outcomes.connectFailed(member);
  t.strictSame(outOf(sample), [0]);
});

await t.test('without a breaker everything is admitted', async (t) => {
  const sample = sampleUpstream('eject: off', someTargets(1));
  const outcomes = outcomesOf(sample);
  const member = { slot: cellOf(sample, 0) };
  for (let i = 0; i < 100; i += 1) outcomes.failed(member, 'status');
  t.ok(outcomes.admitted(member));
});

await t.test('the breaker of a member keeps calls from it alone', async (t) => {
  const sample = sampleUpstream('eject: off, breaker: { requests: 5, upstream: false }', someTargets(2));
  const outcomes = outcomesOf(sample);
  const [bad, good] = [{ slot: cellOf(sample, 0) }, { slot: cellOf(sample, 1) }];
  for (let i = 0; i < 5; i += 1) outcomes.failed(bad, 'status');
  t.notOk(outcomes.admitted(bad));
  t.ok(outcomes.admitted(good));
});

await t.test('the breaker of the upstream keeps calls from every member', async (t) => {
  const sample = sampleUpstream('eject: off, breaker: { requests: 8, upstream: true }', someTargets(4));
  const outcomes = outcomesOf(sample);
  for (const slot of sample.cells) {
    sample.clock.advance(100);
    outcomes.failed({ slot }, 'status');
    outcomes.failed({ slot }, 'status');
  }
  sample.clock.advance(100);
  outcomes.failed({ slot: cellOf(sample, 3) }, 'status');
  t.equal(sample.own.load(SlotField.Breaker), Breaker.Open);
  t.ok(sample.cells.every((slot) => slot.load(SlotField.Breaker) === Breaker.Closed), 'no member had enough calls for its own');
  t.notOk(sample.cells.some((slot) => outcomes.admitted({ slot })));
});

await t.test('a member that says no gives back the permit of the upstream', async (t) => {
  const sample = sampleUpstream('breaker: { requests: 5, probes: 1, upstream: true }', someTargets(2));
  const outcomes = outcomesOf(sample);
  if (sample.config.breaker === null) throw new Error('there is a breaker');
  sample.own.store(SlotField.Breaker, Breaker.Open);
  new CircuitBreaker(sample.config.breaker, sample.own, sample.own, []).probe(sample.tick());
  cellOf(sample, 0).store(SlotField.Breaker, Breaker.Open);
  t.notOk(outcomes.admitted({ slot: cellOf(sample, 0) }));
  t.ok(outcomes.admitted({ slot: cellOf(sample, 1) }));
  t.notOk(outcomes.admitted({ slot: cellOf(sample, 1) }), 'there is one probe');
  outcomes.abandoned({ slot: cellOf(sample, 1) });
  t.ok(outcomes.admitted({ slot: cellOf(sample, 1) }), 'and it was not made');
});

await t.test('a call is slow above slowAfter, and one that timed out always is', async (t) => {
  const sample = sampleUpstream('eject: off, breaker: { errors: 0%, slow: 100%, slowAfter: 2s, requests: 5, upstream: false }', someTargets(2));
  const outcomes = outcomesOf(sample);
  for (let i = 0; i < 5; i += 1) outcomes.succeeded({ slot: cellOf(sample, 0) }, 2000);
  t.equal(cellOf(sample, 0).load(SlotField.Breaker), Breaker.Closed);
  for (let i = 0; i < 4; i += 1) outcomes.succeeded({ slot: cellOf(sample, 1) }, 2001);
  outcomes.failed({ slot: cellOf(sample, 1) }, 'timeout');
  t.equal(cellOf(sample, 1).load(SlotField.Breaker), Breaker.Open);
});

await t.test('threads at once: no failure is lost, and no more members are out than may be', async (t) => {
  const sample = sampleUpstream('eject: { share: 30%, failures: 50 }', someTargets(20));
  await inThreads(sample, 'fail', 500);
  t.ok(sample.cells.every((slot) => slot.load(SlotField.Failures) === THREADS * 500));
  t.equal(outOf(sample).length, 6);
  t.equal(sample.own.load(SlotField.EjectedCount), 6);
  t.ok(sample.cells.every((slot) => slot.load(SlotField.Ejections) <= 1), 'and nobody twice');
});

await t.test('threads at once: maxFails is reached by all their failures together', async (t) => {
  const exact = sampleUpstream(`maxFails: ${THREADS * 200}, eject: off`, someTargets(4));
  await inThreads(exact, 'connect', 200);
  t.equal(outOf(exact).length, 4, 'none is lost');
  t.equal(exact.own.load(SlotField.Epoch), 4, 'and each is taken out once');
  const fewer = sampleUpstream(`maxFails: ${THREADS * 200 + 1}, eject: off`, someTargets(4));
  await inThreads(fewer, 'connect', 200);
  t.strictSame(outOf(fewer), [], 'none is counted twice');
});

await t.test('threads at once: a half-open breaker gives out its permits and no more', async (t) => {
  const sample = sampleUpstream('breaker: { probes: 7, upstream: false }', someTargets(5));
  const { breaker } = sample.config;
  if (breaker === null) throw new Error('there is a breaker');
  for (const slot of sample.cells) {
    slot.store(SlotField.Breaker, Breaker.Open);
    new CircuitBreaker(breaker, slot, sample.own, []).probe(sample.tick());
  }
  const counts = await inThreads(sample, 'admit', 100);
  t.equal(counts.reduce((sum, count) => sum + count, 0), 35);
});

await t.test('threads at once: the retry budget is not overdrawn', async (t) => {
  const sample = sampleUpstream('retry: { budget: 20% }', someTargets(1));
  const outcomes = outcomesOf(sample);
  for (let i = 0; i < 1000; i += 1) outcomes.countRequest();
  const counts = await inThreads(sample, 'retry', 2000);
  const total = counts.reduce((sum, count) => sum + count, 0);
  t.ok(total <= 200, `${total} retries for 1,000 requests`);
  t.ok(total > 190, 'and what may be retried is');
});
