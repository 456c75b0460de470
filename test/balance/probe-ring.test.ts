import t from 'tap';
import type { Candidate } from '../../src/balance/member.ts';
import { ProbeRing } from '../../src/balance/probe-ring.ts';
import { mix32 } from '../../src/lib/hash32.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { sharesOf, type RingPoint } from './ring-shares.ts';
import { at, equalCandidates, someCandidates } from './sample-candidates.ts';

const PROBES = 31;
const KEYS = 20_000;
/** What a member may have of its fair share, and so what may move without it. */
const SHARE_MAX = 1.05;

const hashes = Array.from({ length: KEYS }, (_, i) => mix32(i));

function ownersOf(members: readonly Candidate[], tried: readonly Candidate[] = []): (Candidate | null)[] {
  const ring = new ProbeRing(members);
  return hashes.map((hash) => ring.find(hash, tried));
}

/** Whose the key is by the rule itself: a look at every point from every probe. */
function nearest(points: readonly RingPoint[], hash: number, tried: readonly Candidate[]): Candidate | null {
  let best: Candidate | null = null;
  let shortest = Infinity;
  for (let i = 0; i < PROBES; i += 1) {
    const probe = mix32(hash + Math.imul(i, 0x9e3779b9));
    for (const [place, owner] of points) {
      const distance = ((place - probe) >>> 0) / owner.weight;
      if (distance >= shortest || tried.includes(owner)) continue;
      best = owner;
      shortest = distance;
    }
  }
  return best;
}

/** The largest share of all, as a part of what is fair for its weight. */
function largestShare(members: readonly Candidate[]): number {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(...[...sharesOf([...new ProbeRing(members).points()], PROBES)].map(([{ weight }, share]) => (share * total) / weight));
}

await t.test('a key is whose point is nearest for its weight, from all its probes', async (t) => {
  const random = new SeededRandom(7);
  const cases = [[1], [1, 1], [5, 1, 1, 1], [1, 1000], Array.from({ length: 40 }, (_, i) => 1 + ((i * 37) % 50)), [900, ...Array.from({ length: 60 }, () => 1)]];
  for (const weights of cases) {
    const all = someCandidates(weights);
    const ring = new ProbeRing(all);
    const points = [...ring.points()];
    t.equal(points.length, 64 * weights.length, 'as many points for each, whatever it weighs');
    t.strictSame(points.map(([place]) => place), points.map(([place]) => place).toSorted((a, b) => a - b));
    for (const tried of [[], all.slice(0, 1), all.filter(() => random.chance(0.5)), [at(all, 0), at(all, 0), at(equalCandidates(1), 0)]]) {
      const wrong = hashes.slice(0, 100).filter((hash) => ring.find(hash, tried) !== nearest(points, hash, tried));
      t.strictSame(wrong, [], `weights ${weights.slice(0, 5).join(' ')}, ${tried.length} of ${all.length} tried`);
    }
  }
});

await t.test('nobody has the keys where nobody is there, or all were tried', async (t) => {
  t.equal(new ProbeRing([]).find(1, []), null);
  const all = someCandidates([3, 1, 3]);
  t.equal(new ProbeRing(all).find(1, all), null);
});

await t.test('the order of the list decides nothing', async (t) => {
  const all = someCandidates([1, 2, 1, 5, 1]);
  t.strictSame(ownersOf(all.toReversed()), ownersOf(all));
});

await t.test('without a member only its own keys move, whoever it is and whatever it weighs', async (t) => {
  for (const weights of [[1, 1], [1, 1, 1], [9, 1, 3], [1000, 1, 1, 1], Array.from({ length: 20 }, (_, i) => 1 + (i % 4) * 7)]) {
    const all = someCandidates(weights);
    const before = ownersOf(all);
    for (const gone of all) {
      const after = ownersOf(all.filter((member) => member !== gone));
      t.ok(before.every((owner, i) => owner === gone || owner === after[i]), `${weights.join(' ')} without a ${gone.weight}`);
    }
  }
  const many = equalCandidates(1000);
  const before = ownersOf(many);
  for (const gone of [0, 499, 999]) {
    const after = ownersOf(many.toSpliced(gone, 1));
    t.ok(before.every((owner, i) => owner === many[gone] || owner === after[i]), `without number ${gone} of 1,000`);
  }
});

await t.test('the shares worked out are those that keys are found to have', async (t) => {
  for (const weights of [[1, 1, 1, 1], [1, 2, 5, 40]]) {
    const all = someCandidates(weights);
    const shares = sharesOf([...new ProbeRing(all).points()], PROBES);
    const owners = ownersOf(all);
    t.ok(Math.abs([...shares.values()].reduce((sum, share) => sum + share, 0) - 1) < 1e-6, 'all keys belong to somebody');
    for (const member of all) {
      const expected = KEYS * (shares.get(member) ?? 0);
      const found = owners.filter((owner) => owner === member).length;
      t.ok(Math.abs(found - expected) < 4 * Math.sqrt(expected), `weight ${member.weight}: ${found} keys, ${expected.toFixed(0)} expected`);
    }
  }
});

await t.test('nobody has more than its fair share and a twentieth of it, be they few or many', async (t) => {
  for (const count of [2, 3, 5, 10, 20, 100, 1000]) {
    const uneven = Array.from({ length: count }, (_, i) => 1 + ((i * 37) % 50));
    for (const [name, members] of [['equal', equalCandidates(count)], ['uneven', someCandidates(uneven)]] as const) {
      const largest = largestShare(members);
      t.ok(largest <= SHARE_MAX, `${count} members, ${name}: ${largest.toFixed(4)}`);
    }
  }
  const largest = largestShare(someCandidates([1000, ...Array.from({ length: 999 }, () => 1)]));
  t.ok(largest <= SHARE_MAX, `one that weighs as much as all 999 others: ${largest.toFixed(4)}`);
});

await t.test('that holds whatever the members are called', async (t) => {
  const shares = Array.from({ length: 200 }, (_, i) => {
    const members = equalCandidates(2 + (i % 9)).map((member) => ({ ...member, key: `app-${i}-${member.key}` }));
    return largestShare(members);
  });
  t.ok(Math.max(...shares) <= SHARE_MAX, `at most ${Math.max(...shares).toFixed(4)}`);
});
