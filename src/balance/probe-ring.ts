import { hash32, mix32 } from '../lib/hash32.ts';
import type { Candidate } from './member.ts';

/** Each member has one point in each of so many equal stretches of the ring, whatever it weighs. */
const POINTS = 64;
const STRETCH = 2 ** 32 / POINTS;
/** Of a key. A member has more than a fair share by about one part in so many at most, and by less the fewer and luckier they are. */
const PROBES = 31;
const ALL_PROBES = 2 ** PROBES - 1;
/** Golden steps from one probe of a key to the next, before they are mixed. */
const PROBE_STEP = 0x9e3779b9;
const POINT_STEP_SEED = 1;
/** Binary digits by which cells are finer than points are dense. */
const CELL_BITS = 5;
/** The share of the ring that is near a point: most probes are not, and nearly every key has one that is. */
const NEAR_SHARE = 1 / 8;

/**
 * Multi-probe consistent hashing (Appleton and O'Reilly, 2015): a key looks from several places of a ring
 * for the next point, and belongs to whose is nearest. Here a distance counts the less, the more the
 * member weighs. Without one member only its keys move: to all others the same distances are left.
 */
export class ProbeRing<C extends Candidate> {
  readonly #members: readonly C[];
  /** In ascending order, and whose each one is: a position in the order of keys. */
  readonly #points: Uint32Array;
  readonly #owners: Uint16Array;
  readonly #weights: Float64Array;
  readonly #heaviest: number;
  /** The next point of a heavier one: those between count for less from wherever this one is seen. Itself: there is none. */
  readonly #heavier: Uint32Array;
  /** The first point in or after each of many equal parts of the ring, and where each part's number is in a place. */
  readonly #firsts: Uint32Array;
  readonly #partShift: number;
  /** A bit for each cell: whether from anywhere in it a point is nearer than `reach`. */
  readonly #near: Uint32Array;
  readonly #cellShift: number;
  readonly #reach: number;

  constructor(members: readonly C[]) {
    // Who wins a tie must not depend on the order of the list, which no resolver promises.
    this.#members = members.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#weights = Float64Array.from(this.#members, ({ weight }) => weight);
    this.#heaviest = this.#weights.reduce((most, weight) => Math.max(most, weight), 0);
    const count = members.length * POINTS;
    const bits = Math.max(1, Math.ceil(Math.log2(count)));
    this.#partShift = 32 - bits;
    this.#cellShift = this.#partShift - CELL_BITS;
    this.#points = new Uint32Array(count);
    this.#owners = new Uint16Array(count);
    this.#firsts = new Uint32Array(2 ** bits + 1);
    this.#near = new Uint32Array(2 ** (bits + CELL_BITS) / 32);
    this.#reach = (NEAR_SHARE * STRETCH) / this.#weights.reduce((sum, weight) => sum + weight, 0);
    this.#sort(this.#draw());
    this.#heavier = this.#findHeavier();
    this.#markNear();
  }

  /** @param hash of the key. @returns null where all were tried. */
  find(hash: number, tried: readonly C[]): C | null {
    const members = this.#members;
    if (tried.length >= members.length && members.every((member) => tried.includes(member))) return null;
    return this.#nearest(hash, tried, this.#nearProbes(hash), this.#reach) ?? this.#nearest(hash, tried, ALL_PROBES, Infinity);
  }

  /** Places of all points in ascending order, with their owners; for proofs about shares. */
  * points(): Generator<readonly [place: number, owner: C]> {
    for (const [i, place] of this.#points.entries()) yield [place, this.#members[this.#owners[i]!]!];
  }

  /** A bit for each probe with a point in reach. Found without a branch, because there is nothing to predict. */
  #nearProbes(hash: number): number {
    const [near, shift] = [this.#near, this.#cellShift];
    let found = 0;
    for (let i = 0; i < PROBES; i += 1) {
      const cell = mix32(hash + Math.imul(i, PROBE_STEP)) >>> shift;
      found |= ((near[cell >>> 5]! >>> (cell & 31)) & 1) << i;
    }
    return found;
  }

  /** @param probes those to look from: a bit for each. @returns null where nobody is nearer than `within`. */
  #nearest(hash: number, tried: readonly C[], probes: number, within: number): C | null {
    const [points, owners, weights, heavier] = [this.#points, this.#owners, this.#weights, this.#heavier];
    const heaviest = this.#heaviest;
    let nearest = -1;
    let shortest = within;
    for (let left = probes; left !== 0; left &= left - 1) {
      const probe = mix32(hash + Math.imul(31 - Math.clz32(left & -left), PROBE_STEP));
      let point = this.#firstFrom(probe);
      for (let before = 0; ;) {
        const away = (points[point]! - probe) >>> 0;
        // Nobody from here on can be nearer; or the ring has been gone round.
        if (away >= shortest * heaviest || away < before) break;
        before = away;
        const owner = owners[point]!;
        if (tried.length > 0 && tried.includes(this.#members[owner]!)) {
          point = point + 1 === points.length ? 0 : point + 1;
          continue;
        }
        const weight = weights[owner]!;
        if (away / weight < shortest) {
          shortest = away / weight;
          nearest = owner;
        }
        if (weight === heaviest) break;
        point = heavier[point]!;
      }
    }
    return nearest === -1 ? null : this.#members[nearest]!;
  }

  #firstFrom(place: number): number {
    const points = this.#points;
    let point = this.#firsts[place >>> this.#partShift]!;
    while (point < points.length && points[point]! < place) point += 1;
    return point === points.length ? 0 : point;
  }

  /** The points of one member after another. */
  #draw(): Uint32Array {
    const drawn = new Uint32Array(this.#points.length);
    for (const [member, { key }] of this.#members.entries()) {
      const seed = hash32(key);
      // Of its own, or two members could draw the same points in another order.
      const step = hash32(key, POINT_STEP_SEED) | 1;
      for (let i = 0; i < POINTS; i += 1) drawn[member * POINTS + i] = i * STRETCH + (mix32(seed + Math.imul(i, step)) % STRETCH);
    }
    return drawn;
  }

  /** Into their parts by counting, and there by comparing: hardly any part has more than a few. Equal ones stay in the order of keys. */
  #sort(drawn: Uint32Array): void {
    const [points, owners, firsts, shift] = [this.#points, this.#owners, this.#firsts, this.#partShift];
    for (const place of drawn) firsts[(place >>> shift) + 1]! += 1;
    for (let part = 1; part < firsts.length; part += 1) firsts[part]! += firsts[part - 1]!;
    const ends = firsts.slice();
    for (let i = 0; i < drawn.length; i += 1) {
      const place = drawn[i]!;
      const part = place >>> shift;
      let at = ends[part]!;
      for (; at > firsts[part]! && points[at - 1]! > place; at -= 1) {
        points[at] = points[at - 1]!;
        owners[at] = owners[at - 1]!;
      }
      points[at] = place;
      owners[at] = i / POINTS;
      ends[part]! += 1;
    }
  }

  #findHeavier(): Uint32Array {
    const [owners, weights] = [this.#owners, this.#weights];
    const found = Uint32Array.from(owners.keys());
    const open = new Uint32Array(owners.length);
    let count = 0;
    // Twice around, so that the last ones find who is heavier among the first.
    for (let i = 0; i < 2 * owners.length; i += 1) {
      const point = i % owners.length;
      const weight = weights[owners[point]!]!;
      for (; count > 0 && weights[owners[open[count - 1]!]!]! < weight; count -= 1) found[open[count - 1]!] = point;
      if (i >= owners.length) continue;
      open[count] = point;
      count += 1;
    }
    return found;
  }

  #markNear(): void {
    const [points, near, shift] = [this.#points, this.#near, this.#cellShift];
    for (let i = 0; i < points.length; i += 1) {
      const from = Math.floor((points[i]! - this.#reach * this.#weights[this.#owners[i]!]!) / 2 ** shift);
      for (let cell = points[i]! >>> shift; cell >= from; cell -= 1) {
        const wrapped = cell & (near.length * 32 - 1);
        near[wrapped >>> 5]! |= 1 << (wrapped & 31);
      }
    }
  }
}
