import t from 'tap';
import { Fleet } from '../../src/balance/fleet.ts';
import { Breaker, createSlotMemory, SlotField } from '../../src/lib/slots.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { answerWith, startRawUpstream } from '../helpers/upstream.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

function start(t: { teardown: (end: () => void) => void }): { readonly fleet: Fleet; readonly clock: ManualClock; readonly logger: MemoryLogger } {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const fleet = new Fleet({ memory: createSlotMemory(1, clock.now()), clock, logger, onMembers: () => undefined });
  t.teardown(() => fleet.close());
  return { fleet, clock, logger };
}

await t.test('what a generation is to know of its upstreams is there before any worker builds', async (t) => {
  const { fleet } = start(t);
  const generation = await fleet.prepare([upstreamOf('hold: off', '["127.0.0.1:1", "127.0.0.1:2"]')]);
  const { slot, members } = generation.upstreams['api'] ?? { slot: -1, members: [] };
  t.match(members, [{ key: '127.0.0.1:1', address: '127.0.0.1', port: 1 }, { key: '127.0.0.1:2', port: 2 }]);
  t.equal(new Set([slot, ...members.map((member) => member.slot)]).size, 3, 'each has a slot of its own');
  t.match(fleet.status(), [{ upstream: 'api', key: '127.0.0.1:1', state: 'up', inFlight: 0, lastCheck: null }, { key: '127.0.0.1:2' }]);
  t.strictSame(fleet.latest(generation), generation);
  fleet.release(generation);
  t.strictSame([fleet.status(), fleet.latest(generation).upstreams], [[], {}]);
});

await t.test('members are checked from the start, and the verdict is in shared memory', async (t) => {
  const well = await startRawUpstream(answerWith('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', { end: true }));
  t.teardown(async () => well.close());
  const { fleet, clock } = start(t);
  const targets = JSON.stringify([well.target, `127.0.0.1:${await refusingPort()}`]);
  const generation = await fleet.prepare([upstreamOf('health: { path: /, every: 1s, fall: 1, rise: 1 }', targets)]);
  await eventually(() => {
    clock.advance(100);
    return fleet.status().every(({ lastCheck }) => lastCheck !== null);
  });
  t.strictSame(fleet.status().map(({ state }) => state), ['up', 'unhealthy']);
  t.strictSame(generation.upstreams['api']?.members.map(({ slot }) => fleet.slots.slot(slot).load(SlotField.Unhealthy)), [0, 1]);
});

await t.test('threat: a generation that is refused, and checks nobody, lets no unhealthy member back in', async (t) => {
  const { fleet, clock } = start(t);
  const targets = `"127.0.0.1:${await refusingPort()}"`;
  const first = await fleet.prepare([upstreamOf('health: { path: /, fall: 1 }', targets)]);
  fleet.adopt(first);
  await eventually(() => {
    clock.advance(100);
    return fleet.status()[0]?.state === 'unhealthy';
  });
  const refused = await fleet.prepare([upstreamOf('health: off', targets)]);
  t.equal(fleet.status()[0]?.state, 'unhealthy');
  fleet.release(refused);
  const adopted = await fleet.prepare([upstreamOf('health: off', targets)]);
  fleet.adopt(adopted);
  t.equal(fleet.status()[0]?.state, 'up', 'in force, it does');
});

await t.test('who was passed over is back as soon as it takes connections', async (t) => {
  const well = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => well.close());
  const { fleet, clock, logger } = start(t);
  const generation = await fleet.prepare([upstreamOf('failTimeout: 10s', `"${well.target}"`)]);
  const slot = fleet.slots.slot(generation.upstreams['api']?.members[0]?.slot ?? -1);
  slot.store(SlotField.Fails, -1);
  slot.store(SlotField.EjectedUntil, fleet.slots.tickOf(clock.now() + 10_000));
  t.equal(fleet.status()[0]?.state, 'ejected');
  await eventually(() => {
    clock.advance(100);
    return fleet.status()[0]?.state === 'up';
  });
  t.ok(clock.monotonicMs() < 10_000);
  t.match(logger.entries.map(({ message }) => message), ['a target is out', 'a target is back']);
});

await t.test('an operator takes members out and puts them back', async (t) => {
  const { fleet } = start(t);
  await fleet.prepare([upstreamOf('hold: off', '"127.0.0.1:1"')]);
  t.equal(fleet.setMode('api', '127.0.0.1:1', 'drain'), true);
  t.match(fleet.status(), [{ state: 'draining', reason: 'set by the operator' }]);
  t.equal(fleet.setMode('api', '127.0.0.1:9', 'down'), false);
  t.equal(fleet.setMode('other', '127.0.0.1:1', 'down'), false);
  fleet.setMode('api', '127.0.0.1:1', 'up');
  t.match(fleet.status(), [{ state: 'up' }]);
});

await t.test('closed, it has no timer left', async (t) => {
  const { fleet, clock } = start(t);
  await fleet.prepare([upstreamOf('health: { path: / }', '["127.0.0.1:1", "name.invalid:2"]')]);
  fleet.close();
  t.equal(clock.tickers, 0);
});

await t.test('the breaker of an upstream as a whole is told of', async (t) => {
  const { fleet } = start(t);
  const generation = await fleet.prepare([upstreamOf('breaker: { errors: 50% }', '"127.0.0.1:1"')]);
  t.strictSame(fleet.breakers(), [{ upstream: 'api', state: 'closed' }]);
  fleet.slots.slot(generation.upstreams['api']?.slot ?? -1).store(SlotField.Breaker, Breaker.Open);
  t.strictSame(fleet.breakers(), [{ upstream: 'api', state: 'open' }]);
  fleet.release(generation);
  t.strictSame(fleet.breakers(), []);
});
