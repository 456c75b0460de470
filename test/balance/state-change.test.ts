import t from 'tap';
import { recordChange, ticksIn } from '../../src/balance/state-change.ts';
import { Reason, SlotField } from '../../src/lib/slots.ts';
import { cellOf, sampleUpstream, someTargets } from './sample-upstream.ts';

await t.test('a change says why and when, and every worker is told by the epoch of the upstream', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(2));
  const member = cellOf(sample, 1);
  recordChange(member, sample.own, Reason.Operator, 77);
  t.equal(member.load(SlotField.Reason), Reason.Operator);
  t.equal(member.load(SlotField.ChangedAt), 77);
  t.equal(sample.own.load(SlotField.Epoch), 1);
  t.equal(cellOf(sample, 0).load(SlotField.ChangedAt), 0, 'other members are not touched');
});

await t.test('a duration is never shorter in ticks', async (t) => {
  t.strictSame([1, 100, 101, 30_000].map(ticksIn), [1, 1, 2, 300]);
});
