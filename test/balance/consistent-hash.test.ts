import t from 'tap';
import type { Candidate } from '../../src/balance/member.ts';
import type { EligibleList } from '../../src/balance/balancer.ts';
import type { HashKey } from '../../src/config/upstream-config.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { conforms } from './conformance.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer } from './sample-candidates.ts';

const ADDRESS: HashKey = { of: 'address', name: null };
const KEYS = 20_000;

function byHash(key: HashKey = ADDRESS): ReturnType<typeof startBalancer> {
  return startBalancer({ kind: 'hash', key });
}

/** Where each of many clients goes. */
function placesOf(list: EligibleList<Candidate>, tried: readonly Candidate[] = []): (Candidate | null)[] {
  const { balancer, exchange } = byHash();
  return Array.from({ length: KEYS }, (_, i) => {
    exchange.clientAddress = `2001:db8::${i.toString(16)}`;
    return balancer.pick(list, { exchange, tried });
  });
}

await t.test('as every balancer', async (t) => conforms(t, { kind: 'hash', key: ADDRESS }, true));

await t.test('a key stays at its member: for ever, in every worker, in whatever order the list is', async (t) => {
  const all = equalCandidates(10);
  const places = placesOf(listOf(all));
  t.strictSame(placesOf(listOf(all)), places);
  t.strictSame(placesOf(listOf(all.toReversed())), places);
});

await t.test('without one of N members 1/N of the keys move (+5 %), and those were its own', async (t) => {
  for (const count of [2, 3, 5, 10, 20]) {
    const all = equalCandidates(count);
    const before = placesOf(listOf(all));
    for (const gone of [0, count >> 1, count - 1]) {
      const after = placesOf(listOf(all.toSpliced(gone, 1)));
      const own = before.filter((place) => place === all[gone]).length;
      t.equal(before.filter((place, i) => place !== after[i]).length, own, 'only its own');
      const bound = (KEYS / count) * 1.05 + 3 * Math.sqrt(KEYS / count);
      t.ok(own <= bound, `${own} of ${KEYS} keys among ${count} members, at most ${bound.toFixed(0)}`);
    }
  }
});

await t.test('who is added takes keys from all others and gives none away', async (t) => {
  const all = someCandidates([1, 2, 1, 3]);
  const before = placesOf(listOf(all.slice(0, 3)));
  const after = placesOf(listOf(all));
  const moved = after.filter((place, i) => place !== before[i]);
  t.ok(moved.every((place) => place === all[3]));
  t.ok(Math.abs(moved.length - (KEYS * 3) / 7) < 400, `${moved.length} keys for 3 of 7`);
});

await t.test('who is away for a while has only its own keys moved, to all others by weight, and gets them back', async (t) => {
  const all = someCandidates([1, 1, 2, 1]);
  const before = placesOf(listOf(all));
  const after = placesOf(listOf(all, all.slice(1)));
  const own = before.flatMap((place, i) => (place === all[0] ? [after[i]] : []));
  t.ok(before.every((place, i) => place === all[0] || place === after[i]), 'nobody else\'s key moved');
  for (const [i, share] of [[1, 1 / 4], [2, 1 / 2], [3, 1 / 4]] as const) {
    const got = own.filter((place) => place === all[i]).length;
    t.ok(Math.abs(got - own.length * share) < 5 * Math.sqrt(own.length * share), `${got} of ${own.length}`);
  }
  t.strictSame(placesOf(listOf(all)), before);
});

await t.test('a second choice is as steady as the first: where the key would go without the one that failed', async (t) => {
  const all = equalCandidates(5);
  const failed = at(all, 2);
  t.strictSame(placesOf(listOf(all), [failed]), placesOf(listOf(all, all.filter((member) => member !== failed))));
});

await t.test('where nearly all are away, the keys are shared out by weight among those left, and still stay', async (t) => {
  const all = someCandidates([...Array.from({ length: 500 }, () => 10), 1, 2]);
  const left = all.slice(-2);
  const places = placesOf(listOf(all, left));
  const light = places.filter((place) => place === left[0]).length;
  t.ok(Math.abs(light - KEYS / 3) < 0.02 * KEYS, `${light} of ${KEYS} keys for 1 of 3`);
  t.strictSame(placesOf(listOf(all, left)), places);
  t.ok(placesOf(listOf(all, left), [at(left, 0)]).every((place) => place === left[1]));
});

await t.test('each kind of key is taken from its place in the request', async (t) => {
  const all = equalCandidates(50);
  const cases: readonly (readonly [key: HashKey, a: string, b: string])[] = [
    [{ of: 'header', name: 'x-tenant' }, 'header', 'other'],
    [{ of: 'cookie', name: 'sid' }, 'cookie', 'other'],
    [{ of: 'query', name: 'user' }, 'query', 'other'],
    [{ of: 'path', name: null }, 'path', 'other'],
    [ADDRESS, 'address', 'other'],
  ];
  for (const [key, own, other] of cases) {
    const { balancer } = byHash(key);
    const pick = (value: string): Candidate | null => {
      const { exchange } = sampleExchange({ headers: ['X-Tenant', value, 'Cookie', `sid=${value}`] });
      exchange.clientAddress = value;
      exchange.path = `/${value}`;
      exchange.query = `?user=${value}`;
      return balancer.pick(listOf(all), { exchange, tried: [] });
    };
    t.equal(pick(own), pick(own), `${key.of}: the same value, the same member`);
    t.not(pick(own), pick(other), `${key.of}: another value, another member`);
  }
});

await t.test('a request without the key, or with an empty one, goes by turns: nobody gets all of them', async (t) => {
  const all = someCandidates([1, 1, 2]);
  for (const headers of [[], ['X-Tenant', ''], ['X-Other', 'a']]) {
    const { balancer } = byHash({ of: 'header', name: 'x-tenant' });
    const { exchange } = sampleExchange({ headers });
    const places = Array.from({ length: 400 }, () => balancer.pick(listOf(all), { exchange, tried: [] }));
    t.strictSame(all.map((member) => places.filter((place) => place === member).length), [100, 100, 200]);
  }
});
