import t from 'tap';
import { createLimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../../src/policy/rate-limit/memory-store.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { SeededRandom } from '../../helpers/seeded-random.ts';
import { testStore, windowOf } from './store-suite.ts';

const HOUR_MS = 3_600_000;

function startStore(keys = 1000, startMs = 0): { readonly store: MemoryStore; readonly clock: ManualClock; readonly advance: (ms: number) => void } {
  const clock = new ManualClock();
  clock.advance(startMs);
  const store = new MemoryStore(createLimitMemory(keys, 0), 1, clock);
  return { store, clock, advance: (ms) => clock.advance(ms) };
}

await t.test('conformance', async (t) => testStore(t, async () => startStore()));

await t.test('conformance after a year', async (t) => testStore(t, async () => startStore(1000, 365 * 86_400_000), 1e-3));

await t.test('threat: a wall clock that is set back or forward neither locks out nor lets in', (t) => {
  const { store, clock } = startStore();
  const question = { key: 'a', windows: [windowOf(2, HOUR_MS)] };
  store.take(question);
  store.take(question);
  clock.jumpWallClock(10 * HOUR_MS);
  t.equal(store.take(question).allowed, false);
  clock.jumpWallClock(-100 * HOUR_MS);
  clock.advance(HOUR_MS / 2);
  t.equal(store.take(question).allowed, true);
  t.end();
});

await t.test('the clock of one thread may be behind that of another', (t) => {
  const { store, clock } = startStore();
  const late = new MemoryStore(createLimitMemory(8, 1000), 1, clock);
  t.equal(late.take({ key: 'a', windows: [windowOf(2, HOUR_MS)] }).remaining, 1, 'before the origin');
  t.equal(store.take({ key: 'a', windows: [windowOf(2, HOUR_MS)] }).remaining, 1);
  t.end();
});

await t.test('what another limit has refused is given back', (t) => {
  const { store, advance } = startStore();
  const question = { key: 'a', windows: [windowOf(3, 60_000), windowOf(4, HOUR_MS)] };
  for (let i = 0; i < 20; i += 1) {
    t.equal(store.take(question).allowed, true);
    store.giveBack(question);
  }
  t.equal(store.take(question).remaining, 2);
  store.giveBack({ key: 'never', windows: question.windows });
  store.giveBack(question);
  advance(HOUR_MS);
  store.giveBack(question);
  t.equal(store.take(question).remaining, 2, 'and never more than there was');
  t.end();
});

await t.test('every verdict is that of GCRA in whole numbers', (t) => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 200; round += 1) {
    const { store, advance } = startStore(8, random.integer(1e9));
    const [requests, periodMs, burst] = [1 + random.integer(1000), 1000 * (1 + random.integer(1000)), random.integer(20)];
    let now = 0;
    let arrival = 0;
    let wrong = 0;
    for (let i = 0; i < 200; i += 1) {
      const verdict = store.take({ key: 'a', windows: [windowOf(requests, periodMs, burst)] });
      const left = burst * periodMs - Math.max(0, arrival - now);
      if (left >= 0) arrival = Math.max(arrival, now) + periodMs;
      if (verdict.allowed !== left >= 0 || (left >= 0 && verdict.remaining !== Math.floor(left / periodMs))) wrong += 1;
      const stepMs = random.chance(0.5) ? 0 : random.integer(Math.ceil((2 * periodMs) / requests));
      advance(stepMs);
      now += stepMs * requests;
    }
    if (wrong > 0) t.fail(`${wrong} wrong verdicts at ${requests} in ${periodMs} ms, burst ${burst}`);
  }
  t.pass('the same 40,000 times');
  t.end();
});

await t.test('a look says what could come at once, as requests then find it, and counts nothing', (t) => {
  const random = new SeededRandom(11);
  const faults: string[] = [];
  for (let round = 0; round < 300; round += 1) {
    const { store, advance } = startStore();
    const windows = [windowOf(1 + random.integer(9), 1000 * (1 + random.integer(90)), random.integer(9))];
    const question = { key: 'a', windows };
    if (store.peek(question) !== null) faults.push('something is counted of a key that never came');
    for (let i = random.integer(12); i >= 0; i -= 1) {
      store.take(question);
      advance(random.integer(3000));
    }
    const [state] = store.peek(question) ?? [{ remaining: windows[0]!.burst + 1, retryAfterMs: 0 }];
    let passed = 0;
    let verdict = store.take(question);
    const first = verdict;
    for (; verdict.allowed; verdict = store.take(question)) passed += 1;
    if (passed !== state?.remaining) faults.push(`${JSON.stringify(windows)}: ${passed} came, ${state?.remaining} were told`);
    if (Math.abs(first.retryAfterMs - (state?.retryAfterMs ?? 0)) > 1e-6) faults.push(`${JSON.stringify(windows)}: ${first.retryAfterMs} ms, ${state?.retryAfterMs} were told`);
  }
  t.strictSame(faults, []);
  t.end();
});
