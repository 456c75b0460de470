import t from 'tap';
import { breakerStatus } from '../../src/balance/breaker-status.ts';
import { Breaker, SlotField, Slots } from '../../src/lib/slots.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { someSlotMemory } from '../helpers/literal-roster.ts';

await t.test('the breaker of an upstream as a whole is told, where it has one', async (t) => {
  const slots = new Slots(someSlotMemory(1), 0);
  const upstreams = ['breaker: { errors: 50% }', 'breaker: { upstream: false }', 'breaker: off'].map((options, slot) => ({ config: upstreamOf(options), slot, members: [] }));
  const told = [Breaker.Closed, Breaker.Open, Breaker.HalfOpen].map((state) => {
    for (const { slot } of upstreams) slots.slot(slot).store(SlotField.Breaker, state);
    return breakerStatus(upstreams, slots);
  });
  t.strictSame(told, ['closed', 'open', 'half-open'].map((state) => [{ upstream: 'api', state }]));
});
