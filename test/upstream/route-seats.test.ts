import t from 'tap';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import type { ForwardPlan } from '../../src/upstream/forward-plan.ts';
import { RouteSeats } from '../../src/upstream/route-seats.ts';

function seatsOf(streamsMax: number, tunnelsMax: number): { readonly sit: () => RouteSeats; readonly taken: () => number[] } {
  const cells = new SharedCells(createSharedCells(1, 2), 1);
  const streams = cells.counter({ streams: 0 }, 'streams');
  const tunnels = cells.counter({ tunnels: 1 }, 'tunnels');
  const plan = { streams, streamsMax, tunnels, tunnelsMax } as ForwardPlan;
  return { sit: () => new RouteSeats(plan), taken: () => [streams.total(), tunnels.total()] };
}

await t.test('seats are bounded, and one that was refused has none to give back', async (t) => {
  const { sit, taken } = seatsOf(1, 2);
  const [first, second, third] = [sit(), sit(), sit()];
  t.strictSame([first.takeStream(), second.takeStream()], [true, false]);
  t.strictSame([first.takeTunnel(), second.takeTunnel(), third.takeTunnel()], [true, true, false]);
  t.strictSame(taken(), [1, 2]);
  third.free();
  t.strictSame(taken(), [1, 2]);
  second.free();
  t.strictSame(taken(), [1, 1]);
});

await t.test('they are given back once, however often that is asked', async (t) => {
  const { sit, taken } = seatsOf(2, 2);
  const [one, other] = [sit(), sit()];
  for (const seats of [one, other]) {
    seats.takeStream();
    seats.takeTunnel();
  }
  one.free();
  one.free();
  t.strictSame(taken(), [1, 1]);
});
