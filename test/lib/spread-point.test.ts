import t from 'tap';
import { spreadPoint } from '../../src/lib/spread-point.ts';

await t.test('points lie from 0 to 1, and begin at 0', async (t) => {
  t.equal(spreadPoint(0), 0);
  for (const turn of [1, 0x7fffffff, 0x80000000, 0xffffffff, -1]) t.ok(spreadPoint(turn) >= 0 && spreadPoint(turn) < 1);
  t.equal(spreadPoint(-1), spreadPoint(0xffffffff), 'a counter with a sign is the same counter');
});

await t.test('any stretch gets its share in every run of turns, and is returned to in at most three intervals', async (t) => {
  for (const [from, to] of [[0, 0.5], [0.25, 0.26], [0.9, 1]] as const) {
    const hits = Array.from({ length: 20_000 }, (_, i) => 0xffffffff - 10_000 + i).filter((turn) => {
      const point = spreadPoint(turn);
      return point >= from && point < to;
    });
    t.ok(Math.abs(hits.length - 20_000 * (to - from)) < 6, `${hits.length} hits from ${from} to ${to}, across the end of the counter`);
    t.ok(new Set(hits.slice(1).map((hit, i) => hit - hits[i]!)).size <= 3);
  }
});
