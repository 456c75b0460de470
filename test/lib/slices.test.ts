import t from 'tap';
import { inSlices } from '../../src/lib/slices.ts';
import { TurnMeter } from '../helpers/turns.ts';

await t.test('all items come, in their order, and others have their turn between', async (t) => {
  for (const count of [0, 1, 999, 1000, 1001, 12_345]) {
    const items = Array.from({ length: count }, (_, i) => i);
    const meter = new TurnMeter();
    const found: number[] = [];
    await meter.run(async () => {
      for await (const slice of inSlices(meter.counted(items))) found.push(...slice);
    });
    t.strictSame(found, items);
    t.ok(meter.most <= 2000, `${meter.most} of ${count} in one turn`);
  }
});

await t.test('whoever has enough stops it', async (t) => {
  let ended = false;
  function* endless(): Generator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      ended = true;
    }
  }
  for await (const slice of inSlices(endless())) if (slice.includes(5000)) break;
  t.ok(ended);
});
