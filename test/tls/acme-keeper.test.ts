import t, { type Test } from 'tap';
import { AcmeKeeper } from '../../src/tls/acme-keeper.ts';
import { ACME, fakeAcme, storedFor, type FakeAcme } from '../helpers/fake-issuer.ts';
import { eventually } from '../helpers/wait-for.ts';

const DAY_MS = 86_400_000;

interface Given extends FakeAcme {
  readonly keeper: AcmeKeeper;
  readonly changes: () => number;
}

function start(t: Test, fake: FakeAcme = fakeAcme(t)): Given {
  let changes = 0;
  const { clock, logger } = fake;
  const keeper = new AcmeKeeper(fake.backend, { clock, logger, random: () => 0.5, mayOrder: async () => true, onChange: () => { changes += 1; } });
  t.teardown(async () => keeper.close());
  return { ...fake, keeper, changes: () => changes };
}

await t.test('what is wanted and missing is ordered, what the store has is used', async (t) => {
  const { keeper, issuer, store, clock, changes } = start(t);
  await store.save(await storedFor(['a.example.com'], clock.now()));
  const orders = [['a.example.com'], ['b.example.com']];
  await keeper.load(orders);
  t.strictSame(keeper.entriesOf(orders).map(({ names }) => names), [['a.example.com']]);
  t.strictSame(issuer.orders, [], 'not before it is wanted');
  keeper.want(orders);
  await eventually(() => changes() === 1);
  t.strictSame(issuer.orders, ['b.example.com']);
  t.equal(keeper.entriesOf(orders).length, 2);
  t.equal(keeper.find('a.example.com')?.id, 'a.example.com');
  t.equal(keeper.find('c.example.com'), null);
});

await t.test('what is due is renewed when its time has come, not before', async (t) => {
  const { keeper, issuer, clock, changes } = start(t);
  await keeper.load([['a.example.com']]);
  keeper.want([['a.example.com']]);
  await eventually(() => changes() === 1);
  clock.jumpWallClock(50 * DAY_MS);
  clock.advance(1000);
  await eventually(() => issuer.asked > 0);
  t.equal(issuer.orders.length, 1);
  clock.jumpWallClock(15 * DAY_MS);
  clock.advance(1000);
  await eventually(() => changes() === 2);
  t.equal(issuer.orders.length, 2);
});

await t.test('of hundreds of hosts five are ordered at a time', async (t) => {
  const { keeper, issuer, clock } = start(t);
  const orders = Array.from({ length: 23 }, (_, i) => [`host-${i}.example.com`]);
  await keeper.load(orders);
  const { promise, resolve } = Promise.withResolvers<void>();
  issuer.gate = promise;
  keeper.want(orders);
  await eventually(() => issuer.running === 5);
  clock.advance(5000);
  t.equal(issuer.running, 5);
  resolve();
  await eventually(() => {
    clock.advance(1000);
    return keeper.entriesOf(orders).length === 23;
  });
  t.equal(issuer.runningMost, 5);
  t.equal(new Set(issuer.orders).size, issuer.orders.length, 'each once');
});

await t.test('what another gateway has ordered or renewed is taken over', async (t) => {
  const fake = fakeAcme(t);
  const { keeper, clock, changes, issuer, store } = start(t, fake);
  await keeper.load([['a.example.com']]);
  const lock = await store.lock('order a.example.com', 60_000);
  keeper.want([['a.example.com']]);
  await store.save(await storedFor(['a.example.com'], clock.now()));
  await lock?.release();
  const soon = async (count: number): Promise<boolean> => eventually(() => {
    clock.advance(500);
    return changes() === count;
  });
  await soon(1);
  await store.save(await storedFor(['a.example.com'], clock.now() + 1));
  await soon(2);
  t.strictSame(issuer.orders, []);
});

await t.test('a certificate that only memory has survives a change of the store', async (t) => {
  const first = start(t);
  first.store.save = async () => {
    throw new Error('full');
  };
  await first.keeper.load([['a.example.com']]);
  first.keeper.want([['a.example.com']]);
  await eventually(() => first.changes() === 1);
  const second = start(t, fakeAcme(t));
  await second.keeper.load([['a.example.com']], first.keeper);
  t.equal(second.keeper.entriesOf([['a.example.com']])[0]?.cert, first.keeper.entriesOf([['a.example.com']])[0]?.cert);
  second.keeper.want([['a.example.com']]);
  await eventually(async () => {
    second.clock.advance(60_000);
    return second.store.load('a.example.com');
  });
  t.strictSame(second.issuer.orders, []);
});

await t.test('one that retires finishes its order, and tells nobody', async (t) => {
  const { keeper, issuer, changes, store } = start(t);
  await keeper.load([['a.example.com']]);
  const { promise, resolve } = Promise.withResolvers<void>();
  issuer.gate = promise;
  keeper.want([['a.example.com']]);
  await eventually(() => issuer.running === 1);
  const retired = keeper.retire();
  resolve();
  await retired;
  t.ok(await store.load('a.example.com'));
  t.equal(changes(), 0);
});

await t.test('stored names are found by what they are', async (t) => {
  const { keeper, store, clock } = start(t, fakeAcme(t, ACME));
  for (const name of ['a.example.com', 'b.example.org']) await store.save(await storedFor([name], clock.now()));
  t.strictSame(await keeper.storedNames(([name = '']) => name.endsWith('.org')), [['b.example.org']]);
});
