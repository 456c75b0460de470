import t from 'tap';
import { Deadlines, Watched } from '../../src/lib/deadlines.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

class Probe extends Watched {
  readonly name: string;
  readonly #act: (probe: Probe) => void;

  constructor(name: string, act: (probe: Probe) => void) {
    super();
    this.name = name;
    this.#act = act;
  }

  override onDeadline(): void {
    this.#act(this);
  }
}

function start(): { readonly clock: ManualClock; readonly deadlines: Deadlines; readonly faults: unknown[]; readonly expired: string[]; readonly probe: (name: string, ms: number) => Probe } {
  const clock = new ManualClock();
  const faults: unknown[] = [];
  const expired: string[] = [];
  const deadlines = new Deadlines(clock, (error) => faults.push(error));
  const probe = (name: string, ms: number): Probe => {
    const made = new Probe(name, () => expired.push(name));
    made.deadlineMs = deadlines.after(ms);
    deadlines.add(made);
    return made;
  };
  return { clock, deadlines, faults, expired, probe };
}

await t.test('never early, and late by two ticks at most', async (t) => {
  for (const offset of [0, 1, 50, 99]) {
    const { clock, expired, probe } = start();
    clock.advance(offset);
    probe('a', 1000);
    clock.advance(1000);
    t.strictSame(expired, [], `set ${offset} ms after a tick`);
    clock.advance(200);
    t.strictSame(expired, ['a']);
  }
});

await t.test('once per expiry, and again only when it is set again', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  const a = probe('a', 100);
  clock.advance(5000);
  t.strictSame(expired, ['a']);
  t.equal(a.deadlineMs, Infinity);
  a.deadlineMs = deadlines.after(100);
  clock.advance(5000);
  t.strictSame(expired, ['a', 'a']);
});

await t.test('a deadline is moved by writing it', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  const a = probe('a', 1000);
  for (let i = 0; i < 10; i++) {
    clock.advance(900);
    a.deadlineMs = deadlines.after(1000);
  }
  t.strictSame(expired, []);
  a.deadlineMs = Infinity;
  clock.advance(100_000);
  t.strictSame(expired, []);
});

await t.test('whoever is added twice is watched once, whoever is removed twice is gone', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  const [a, b, c] = [probe('a', 100), probe('b', 100), probe('c', 100)];
  deadlines.add(b);
  deadlines.remove(b);
  deadlines.remove(b);
  clock.advance(1000);
  t.strictSame(expired.toSorted((x, y) => x.localeCompare(y)), ['a', 'c']);
  for (const each of [c, a]) deadlines.remove(each);
  t.strictSame([a, b, c].map(({ isWatched, nextWatched, previousWatched }) => [isWatched, nextWatched, previousWatched]), [1, 2, 3].map(() => [false, null, null]));
});

await t.test('an expiry may remove, add and move others, also those due in the same tick', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  const victim = probe('victim', 100);
  const moved = probe('moved', 100);
  const mover = new Probe('mover', () => {
    expired.push('mover');
    deadlines.remove(victim);
    moved.deadlineMs = deadlines.after(1000);
    probe('new', 0);
  });
  mover.deadlineMs = deadlines.after(100);
  // Added last, the mover is the first to be told.
  deadlines.add(mover);
  clock.advance(200);
  t.strictSame(expired, ['mover']);
  clock.advance(200);
  t.strictSame(expired, ['mover', 'new']);
  clock.advance(1000);
  t.strictSame(expired, ['mover', 'new', 'moved']);
});

await t.test('one that throws is told of, and the others are not affected', async (t) => {
  const { clock, deadlines, expired, faults, probe } = start();
  probe('before', 100);
  const bad = new Probe('bad', () => {
    throw new Error('a bug');
  });
  bad.deadlineMs = deadlines.after(100);
  deadlines.add(bad);
  probe('after', 100);
  clock.advance(1000);
  t.match(faults, [new Error('a bug')]);
  t.strictSame(expired.toSorted((x, y) => x.localeCompare(y)), ['after', 'before']);
});

await t.test('any order of adding and removing leaves the list whole', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  const probes = Array.from({ length: 50 }, (_, i) => probe(String(i), 100));
  for (const [i, each] of probes.entries()) if ((i * 7) % 3 !== 0) deadlines.remove(each);
  for (const [i, each] of probes.entries()) if ((i * 5) % 4 === 0) deadlines.add(each);
  const wanted = probes.filter((_, i) => (i * 7) % 3 === 0 || (i * 5) % 4 === 0).map(({ name }) => name);
  clock.advance(1000);
  t.strictSame(expired.map(Number).toSorted((a, b) => a - b), wanted.map(Number));
});

await t.test('nothing ticks after it was closed', async (t) => {
  const { clock, deadlines, expired, probe } = start();
  probe('a', 100);
  deadlines.close();
  clock.advance(1000);
  t.strictSame(expired, []);
  t.equal(clock.tickers, 0);
});
