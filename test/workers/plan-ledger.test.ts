import t from 'tap';
import { Fleet } from '../../src/balance/fleet.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { createSlotMemory } from '../../src/lib/slots.ts';
import { PlanLedger } from '../../src/workers/plan-ledger.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const YAML = 'upstreams: { api: "127.0.0.1:1" }\nroutes: [{ name: r, upstream: api }]';

function start(t: { teardown: (end: () => void) => void }, cells = 100): { readonly ledger: PlanLedger; readonly fleet: Fleet; readonly names: CellNames } {
  const clock = new ManualClock();
  const fleet = new Fleet({ memory: createSlotMemory(1, clock.now()), clock, logger: new MemoryLogger(), onMembers: () => undefined });
  t.teardown(() => fleet.close());
  const names = new CellNames(cells, () => undefined);
  return { ledger: new PlanLedger(names, fleet), fleet, names };
}

await t.test('a plan has cells and members for all that its configuration names', async (t) => {
  const { ledger } = start(t);
  const config = configOf(YAML);
  const plan = await ledger.make(3, config, null);
  t.match(plan, { generation: 3, config, tls: null, roster: { upstreams: { api: { members: [{ key: '127.0.0.1:1' }] } } } });
  t.strictSame(Object.keys(plan.cellIndex).toSorted(), ['connections', 'streams r', 'tunnels r']);
  t.strictSame(ledger.latest(plan), plan);
});

await t.test('a change of members concerns the living generation that has them, and no other', async (t) => {
  const { ledger } = start(t);
  const [first, second] = [await ledger.make(1, configOf(YAML), null), await ledger.make(2, configOf(YAML), null)];
  t.strictSame([ledger.generationsOf(first.roster.id), ledger.generationsOf(second.roster.id)], [[1], [2]]);
  ledger.release(1);
  t.strictSame([ledger.generationsOf(first.roster.id), ledger.generationsOf(second.roster.id)], [[], [2]]);
});

await t.test('what a generation held is given back once, and stays with those that need it too', async (t) => {
  const { ledger, fleet } = start(t, 3);
  const first = await ledger.make(1, configOf(YAML), null);
  const second = await ledger.make(2, configOf(YAML), null);
  t.strictSame(second.cellIndex, first.cellIndex);
  ledger.release(1);
  ledger.release(1);
  ledger.release(7);
  t.strictSame(fleet.status().map(({ key }) => key), ['127.0.0.1:1']);
  await t.rejects(ledger.make(3, configOf('routes: [{ name: other, respond: {} }]'), null), RangeError, 'the cells of the second are still its own');
  ledger.release(2);
  t.strictSame(fleet.status(), []);
  await ledger.make(4, configOf('routes: [{ name: other, respond: {} }]'), null);
});

await t.test('where not everything can be set aside nothing is', async (t) => {
  const { ledger, fleet, names } = start(t, 3);
  t.intercept(fleet, 'prepare', { value: async () => Promise.reject(new RangeError('no slot is left')) });
  await t.rejects(ledger.make(1, configOf(YAML), null), /no slot is left/);
  names.take(['x', 'y', 'z']);
  t.pass('all cells are free again');
});
