import t from 'tap';
import { TargetCounts } from '../../src/workers/target-counts.ts';
import { sampleStatus } from '../admin/sample-services.ts';

const [target] = sampleStatus.targets;

await t.test('counts go on where those in shared memory wrap around, each target by itself', async (t) => {
  if (target === undefined) throw new Error('the sample has a target');
  const counts = new TargetCounts();
  const max = 2 ** 31 - 1;
  const other = { ...target, key: 'other', requests: 1 };
  counts.take([{ ...target, requests: max }, other]);
  t.match(counts.take([{ ...target, requests: -(2 ** 31) + 4, failures: 2, ejections: 1 }, other]), [{ requests: max + 5, failures: 2, ejections: 1 }, { requests: 1 }]);
});

await t.test('a target that is gone is forgotten; where it comes back, it is what shared memory says', async (t) => {
  if (target === undefined) throw new Error('the sample has a target');
  const counts = new TargetCounts();
  counts.take([{ ...target, requests: 100 }]);
  counts.take([]);
  t.match(counts.take([{ ...target, requests: 5 }]), [{ requests: 5 }]);
});
