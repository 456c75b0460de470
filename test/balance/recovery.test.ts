import t, { type Test } from 'tap';
import { Outcomes } from '../../src/balance/outcomes.ts';
import { Recovery } from '../../src/balance/recovery.ts';
import { Breaker, SlotField } from '../../src/lib/slots.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { cellOf, outOf, sampleUpstream, someTargets, type SampleUpstream } from './sample-upstream.ts';

interface Bench {
  readonly recovery: Recovery;
  readonly outcomes: Outcomes;
  readonly fail: (member: number, times?: number) => void;
}

function bench(t: Test, sample: SampleUpstream, onConnectFailed?: (upstream: string) => void): Bench {
  const { clock, logger, slots, notes } = sample;
  const recovery = new Recovery({ clock, logger, slots, notes, ...(onConnectFailed === undefined ? {} : { onConnectFailed }) });
  t.teardown(() => recovery.close());
  recovery.apply([sample]);
  const outcomes = new Outcomes(sample.config, sample.own, () => sample.tick());
  outcomes.useMembers(sample.cells.map((slot) => ({ slot })));
  return {
    recovery,
    outcomes,
    fail(member, times = 5) {
      for (let i = 0; i < times; i += 1) outcomes.failed({ slot: cellOf(sample, member) }, 'status');
    },
  };
}

await t.test('what workers do is noted and logged with its reason, and so is the way back', async (t) => {
  const sample = sampleUpstream('maxFails: 0', someTargets(3));
  const { fail } = bench(t, sample);
  fail(1);
  sample.clock.advance(100);
  t.equal(sample.notes.get(3)?.reason, '5 failures in a row, out for 30 s');
  t.match(sample.logger.entries[0], { level: 'info', fields: { upstream: 'api', target: 'b' } });
  sample.clock.advance(30_000);
  t.strictSame(outOf(sample), []);
  t.equal(sample.notes.get(3)?.reason, 'its 30 s were over');
  t.strictSame(sample.said(), ['a target is out: 5 failures in a row, out for 30 s', 'a target is back: its 30 s were over']);
});

await t.test('a restarted app is used again at once, and the names of its upstream are looked at', async (t) => {
  const app = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => app.close());
  const sample = sampleUpstream('failTimeout: 1h', [app.target, `127.0.0.1:${await refusingPort()}`]);
  const asked: string[] = [];
  const { outcomes } = bench(t, sample, (upstream) => asked.push(upstream));
  for (const slot of sample.cells) outcomes.connectFailed({ slot });
  t.strictSame(outOf(sample), [0, 1]);
  sample.clock.advance(100);
  await eventually(() => outOf(sample).length === 1);
  t.strictSame(outOf(sample), [1]);
  t.strictSame(asked, ['api', 'api']);
});

await t.test('breakers of members and of the upstream come to their half-open time', async (t) => {
  const sample = sampleUpstream('eject: off, breaker: { requests: 5, open: 2s, upstream: true }', someTargets(2));
  const { fail } = bench(t, sample);
  fail(0);
  sample.clock.advance(100);
  fail(0, 1);
  t.equal(sample.own.load(SlotField.Breaker), Breaker.Open);
  sample.clock.advance(2200);
  t.equal(sample.own.load(SlotField.Breaker), Breaker.HalfOpen);
  t.equal(cellOf(sample, 0).load(SlotField.Breaker), Breaker.HalfOpen);
  t.equal(cellOf(sample, 1).load(SlotField.Breaker), Breaker.Closed);
  t.match(sample.notes.get(1)?.reason, /were over/);
  t.ok(sample.logger.entries.some(({ fields }) => fields['upstream'] === 'api' && fields['target'] === undefined));
});

await t.test('a reload changes options, not what is under way', async (t) => {
  const sample = sampleUpstream('maxFails: 0', someTargets(2));
  const { recovery, fail } = bench(t, sample);
  fail(0);
  sample.clock.advance(20_000);
  const slow = sampleUpstream('slowStart: 9s', someTargets(2));
  recovery.apply([{ config: { ...sample.config, slowStartMs: slow.config.slowStartMs }, slot: sample.slot, members: sample.members }]);
  sample.clock.advance(10_100);
  t.strictSame(outOf(sample), []);
  t.not(cellOf(sample, 0).load(SlotField.SlowStartFrom), 0);
  t.equal(sample.said().length, 2, 'it was not said twice that it is out');
});

await t.test('places that nobody holds any more are free again', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const { recovery, fail } = bench(t, sample);
  fail(0);
  recovery.apply([{ config: sample.config, slot: sample.slot, members: sample.members.slice(1) }]);
  t.equal(sample.own.load(SlotField.EjectedCount), 1);
  sample.clock.advance(300);
  t.equal(sample.own.load(SlotField.EjectedCount), 0);
  fail(1);
  sample.clock.advance(300);
  t.equal(sample.own.load(SlotField.EjectedCount), 1, 'and one that is held stays so');
});

await t.test('closed, or with nobody to look after, it does nothing', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(2));
  const { recovery, fail } = bench(t, sample);
  fail(0);
  recovery.apply([]);
  sample.clock.advance(60_000);
  t.strictSame(outOf(sample), [0]);
  recovery.close();
  t.equal(sample.clock.tickers, 0);
});
