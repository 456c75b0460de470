import type { Candidate } from '../../src/balance/member.ts';

/** Places of the ring in ascending order, each with its owner. */
export type RingPoint = readonly [place: number, owner: Candidate];

const RING = 2 ** 32;

/** A stretch of places from which one point is the nearest, by the distances (for its weight) it is seen at. */
interface Stretch {
  readonly owner: Candidate;
  readonly from: number;
  readonly to: number;
}

/**
 * The part of all keys that belongs to each member, worked out without drawing any: how the nearest of
 * `probes` places is spread over the distances, and who is seen at each distance from how many places.
 */
export function sharesOf(points: readonly RingPoint[], probes: number): Map<Candidate, number> {
  const heaviest = points.reduce((most, [, { weight }]) => Math.max(most, weight), 0);
  const stretches = points.flatMap((_, i) => stretchesBefore(points, i, heaviest));
  const edges = stretches.flatMap(({ owner, from, to }) => [[from, owner.weight], [to, -owner.weight]] as const).toSorted((a, b) => a[0] - b[0]);
  // For each edge: that part of the keys, per place, whose nearest probe is at most so far.
  const won = new Map<number, number>();
  let [sum, seen, places, before] = [0, 0, 0, 0];
  for (const [distance, change] of edges) {
    const more = ((distance - before) * places) / RING;
    if (places > 0) sum += ((1 - seen) ** probes - Math.max(0, 1 - seen - more) ** probes) / places;
    seen += more;
    places += change;
    before = distance;
    won.set(distance, sum);
  }
  const shares = new Map<Candidate, number>();
  for (const { owner, from, to } of stretches) {
    shares.set(owner, (shares.get(owner) ?? 0) + owner.weight * ((won.get(to) ?? Number.NaN) - (won.get(from) ?? Number.NaN)));
  }
  return shares;
}

/** Of the places between a point and the one before it; from further away a heavier one behind it may seem nearer. */
function stretchesBefore(points: readonly RingPoint[], first: number, heaviest: number): Stretch[] {
  const distance = (from: number, to: number): number => ((points[to % points.length]?.[0] ?? 0) - (points[from]?.[0] ?? 0) + RING) % RING;
  const gap = distance((first + points.length - 1) % points.length, first);
  const weightOf = (point: number): number => points[point % points.length]?.[1].weight ?? 0;
  const found: Stretch[] = [];
  let [point, at] = [first, 0];
  while (at < gap) {
    const [weight, ahead] = [weightOf(point), distance(first, point)];
    let [next, until] = [point, gap];
    for (let other = point + 1; other < first + points.length && distance(first, other) <= ((ahead + gap) * heaviest) / weight; other += 1) {
      if (weightOf(other) <= weight) continue;
      const crossing = (distance(first, other) * weight - ahead * weightOf(other)) / (weightOf(other) - weight);
      if (crossing < until) [next, until] = [other, Math.max(at, crossing)];
    }
    const owner = points[point % points.length]?.[1];
    if (owner === undefined) throw new RangeError('no such point');
    found.push({ owner, from: (ahead + at) / weight, to: (ahead + until) / weight });
    [point, at] = [next, until];
  }
  return found;
}
