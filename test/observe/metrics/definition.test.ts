import t from 'tap';
import { allMetrics } from '../../../src/observe/metrics/catalogue.ts';
import { LABELS } from '../../../src/observe/metrics/definition.ts';

await t.test('every label that is explained is in use', async (t) => {
  const used = new Set<string>(allMetrics().flatMap(({ labels }) => labels));
  // The library adds this one to every histogram.
  used.add('le');
  t.strictSame([...used].toSorted(), Object.keys(LABELS).toSorted());
});
