import t from 'tap';
import type { GuardSnapshot, RouteCounts } from '../../src/workers/guard-counts.ts';
import { RouteTallies } from '../../src/workers/guard-tally.ts';
import { ReloadGuard } from '../../src/workers/reload-guard.ts';
import { routeCounts, waitingSince } from './sample-counts.ts';

const CONFIG = { forMs: 30_000, errorRise: 0.05, p95Factor: 2, requestsMin: 20 };
const START_MS = 1_000_000;

interface Case {
  readonly title: string;
  /** Null: the old generation was not counted. */
  readonly before: readonly RouteCounts[] | null;
  /** Routes of the old generation beside those it has counted. */
  readonly known?: readonly string[];
  readonly now: readonly RouteCounts[];
  readonly open?: GuardSnapshot['open'];
  /** Since the reload; default: when the time is over. */
  readonly atMs?: number;
  readonly config?: Partial<typeof CONFIG>;
  /** True: good; a text: what the reason has; null: not decided. */
  readonly says: true | RegExp | null;
}

const healthy = routeCounts('a', { requests: 1000, errors: 10 });

const CASES: readonly Case[] = [
  { title: 'as before is good', before: [healthy], now: [routeCounts('a', { requests: 100, errors: 1 })], says: true },
  { title: 'as before is undecided while the time runs', before: [healthy], now: [routeCounts('a', { requests: 100, errors: 1 })], atMs: 29_999, says: null },
  { title: 'a broken route is seen at once', before: [healthy], now: [routeCounts('a', { requests: 20, errors: 20 })], atMs: 1000, says: /^route a: 20 of 20 requests failed \(100 %, upstream_connect_failed\), before 1\.0 %$/ },
  { title: 'a rise within the bound is borne', before: [healthy], now: [routeCounts('a', { requests: 100, errors: 6 })], says: true },
  { title: 'a rise above the bound is not', before: [healthy], now: [routeCounts('a', { requests: 100, errors: 7 })], says: /7 of 100 .* before 1\.0 %/ },
  { title: 'a route that failed before may go on failing', before: [routeCounts('a', { requests: 100, errors: 90 })], now: [routeCounts('a', { requests: 100, errors: 94 })], says: true },
  { title: 'too few requests are not judged', before: [healthy], now: [routeCounts('a', { requests: 19, errors: 19 })], says: true },
  { title: 'the number that is enough can be set', before: [healthy], now: [routeCounts('a', { requests: 5, errors: 5 })], config: { requestsMin: 5 }, says: /5 of 5/ },
  { title: 'two failures are no reason however few requests there are', before: [healthy], now: [routeCounts('a', { requests: 2, errors: 2 })], config: { requestsMin: 1 }, says: true },
  {
    title: 'one broken route among many is seen', before: [healthy, routeCounts('b', { requests: 100_000 })],
    now: [routeCounts('a', { requests: 25, errors: 25 }), routeCounts('b', { requests: 10_000 })], atMs: 5000, says: /^route a: 25 of 25/,
  },
  {
    title: 'many quiet routes that break are seen in all', before: Array.from({ length: 30 }, (_, i) => routeCounts(`r${i}`, { requests: 5 })),
    now: Array.from({ length: 30 }, (_, i) => routeCounts(`r${i}`, { requests: 2, errors: 1 })), atMs: 5000, says: /^all routes together: 30 of 60/,
  },
  { title: 'a new route may have as many errors as the bound says', before: [healthy], now: [routeCounts('new', { requests: 100, errors: 5 })], says: true },
  { title: 'a new route with more is not good', before: [healthy], now: [routeCounts('new', { requests: 100, errors: 6 })], says: /^route new: .* with nothing to compare$/ },
  { title: 'a new route has no time to be compared with', before: [healthy], now: [routeCounts('new', { requests: 100, ms: 9000 })], says: true },
  { title: 'a route that was quiet is judged as a new one', before: [routeCounts('a', { requests: 3 })], now: [routeCounts('a', { requests: 30, errors: 10 })], says: /with nothing to compare/ },
  { title: 'where nobody counted before, known routes are not judged', before: null, known: ['a'], now: [routeCounts('a', { requests: 100, errors: 100 })], says: true },
  { title: 'where nobody counted before, new routes are', before: null, known: ['a'], now: [routeCounts('b', { requests: 100, errors: 100 })], says: /^route b/ },
  { title: 'requests without a route count in all', before: [routeCounts('', { requests: 100 })], now: [routeCounts('', { requests: 50, errors: 50, code: 'internal_error' })], says: /^all routes together: .*internal_error/ },
  { title: 'twice as slow is borne', before: [routeCounts('a', { requests: 100, ms: 100 })], now: [routeCounts('a', { requests: 100, ms: 190 })], says: true },
  { title: 'three times as slow is not', before: [routeCounts('a', { requests: 100, ms: 100 })], now: [routeCounts('a', { requests: 100, ms: 300 })], says: /^route a: answers take \d+ ms to begin \(95th percentile\), before \d+ ms$/ },
  { title: 'what is fast may be many times slower, as long as nobody notices', before: [routeCounts('a', { requests: 100, ms: 2 })], now: [routeCounts('a', { requests: 100, ms: 20 })], says: true },
  { title: 'slowness counts when connections have been opened', before: [routeCounts('a', { requests: 100, ms: 10 })], now: [routeCounts('a', { requests: 100, ms: 500 })], atMs: 14_999, says: null },
  { title: 'slowness counts from half of the time on', before: [routeCounts('a', { requests: 100, ms: 10 })], now: [routeCounts('a', { requests: 100, ms: 500 })], atMs: 15_000, says: /answers take/ },
  { title: 'slowness can be left out', before: [routeCounts('a', { requests: 100, ms: 10 })], now: [routeCounts('a', { requests: 100, ms: 500 })], config: { p95Factor: Infinity }, says: true },
  { title: 'requests that never get an answer are slow', before: [routeCounts('a', { requests: 100, ms: 10 })], now: [], open: [waitingSince('a', 25, 12_000)], says: /25 requests still wait/ },
  { title: 'a few that wait are not', before: [routeCounts('a', { requests: 100, ms: 10 })], now: [routeCounts('a', { requests: 1000, ms: 10 })], open: [waitingSince('a', 5, 12_000)], says: true },
  { title: 'where answers take long, waiting is nothing new', before: [routeCounts('a', { requests: 100, ms: 20_000 })], now: [], open: [waitingSince('a', 50, 12_000)], says: true },
  {
    title: 'a slow route that is asked more often makes nothing slower', before: [routeCounts('fast', { requests: 1000, ms: 5 }), routeCounts('slow', { requests: 20, ms: 3000 })],
    now: [routeCounts('fast', { requests: 100, ms: 5 }), routeCounts('slow', { requests: 60, ms: 3000 })], says: true,
  },
  {
    title: 'of many broken routes three are named', before: [healthy],
    now: Array.from({ length: 5 }, (_, i) => routeCounts(`n${i}`, { requests: 50, errors: 50 })), atMs: 1000, says: /^route n0: .*; route n1: .*; route n2: .*; and 2 more$/,
  },
  { title: 'without any request a reload is good', before: [healthy], now: [], says: true },
];

for (const { title, before, known = [], now, open = [], atMs = CONFIG.forMs, config = {}, says } of CASES) {
  await t.test(title, async (t) => {
    const tallies = before === null ? null : new RouteTallies();
    tallies?.add(before ?? []);
    const guard = new ReloadGuard({ ...CONFIG, ...config }, { routes: new Set([...known, ...(before ?? []).map(({ route }) => route)]), tallies }, START_MS);
    guard.take(1, { generation: 2, ended: now, open });
    const outcome = guard.judge(START_MS + atMs);
    if (says === null) t.equal(outcome, null);
    else if (says === true) t.match(outcome, { isGood: true, reason: '' });
    else t.match(outcome, { isGood: false, reason: says });
  });
}

await t.test('workers add up, and each says anew who waits', async (t) => {
  const tallies = new RouteTallies();
  tallies.add([routeCounts('a', { requests: 100, ms: 10 })]);
  const guard = new ReloadGuard(CONFIG, { routes: new Set(['a']), tallies }, 0);
  guard.take(1, { generation: 2, ended: [], open: [waitingSince('a', 15, 5000)] });
  guard.take(2, { generation: 2, ended: [], open: [waitingSince('a', 15, 5000)] });
  t.match(guard.judge(20_000), { isGood: false });
  guard.take(1, { generation: 2, ended: [], open: [] });
  t.equal(guard.judge(20_000), null, 'half of them have their answer by now');
  guard.take(1, { generation: 2, ended: [routeCounts('a', { requests: 10, errors: 10 })], open: [] });
  guard.take(2, { generation: 2, ended: [routeCounts('a', { requests: 10, errors: 10 })], open: [] });
  t.match(guard.judge(20_000), { isGood: false, reason: /20 of 20/ });
});

await t.test('what was enough to judge is told', async (t) => {
  const tallies = new RouteTallies();
  tallies.add([routeCounts('a', { requests: 100 }), routeCounts('b', { requests: 100 })]);
  const guard = new ReloadGuard(CONFIG, { routes: new Set(['a', 'b']), tallies }, 0);
  guard.take(1, { generation: 2, ended: [routeCounts('a', { requests: 20 }), routeCounts('b', { requests: 19 })], open: [] });
  t.strictSame(guard.judge(30_000), { isGood: true, reason: '', routesJudged: 1 });
});
