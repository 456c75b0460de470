import t from 'tap';
import { isAvailable } from '../../src/balance/availability.ts';
import { Breaker, Mode, SlotField } from '../../src/lib/slots.ts';
import { at, equalCandidates } from './sample-candidates.ts';

await t.test('a member is available while nothing is known against it', async (t) => {
  const member = at(equalCandidates(1), 0);
  const cases: readonly (readonly [field: number, value: number, available: boolean])[] = [
    [SlotField.Unhealthy, 1, false], [SlotField.EjectedUntil, 5, false], [SlotField.Breaker, Breaker.Open, false],
    [SlotField.Breaker, Breaker.HalfOpen, true], [SlotField.FailuresInRow, 4, true], [SlotField.SlowStartFrom, 5, true], [SlotField.Mode, Mode.Down, true],
  ];
  t.equal(isAvailable(member), true);
  for (const [field, value, available] of cases) {
    member.slot.store(field, value);
    t.equal(isAvailable(member), available, `field ${field} is ${value}`);
    member.slot.store(field, 0);
  }
});
