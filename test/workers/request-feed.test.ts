import t from 'tap';
import type { FollowedRequests } from '../../src/admin/request-source.ts';
import type { RecentAnswer, RecentQuery, RequestFilter } from '../../src/observe/recent-request.ts';
import { RecentRequests } from '../../src/observe/recent-requests.ts';
import { RequestFeed } from '../../src/workers/request-feed.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';
import { privacyOf } from '../observe/sample-privacy.ts';
import { sampleRecord } from '../observe/sample-record.ts';

const ALL: RequestFilter = { route: null, status: null, code: null, slowMs: null, client: null };

/** A worker whose answers the test can keep back. */
class FakeWorker {
  readonly number: number;
  state: 'starting' | 'ready' | 'draining' | 'down' = 'ready';
  asked = 0;
  isBusy = false;
  readonly #recent = new RecentRequests();
  #held: (() => void)[] = [];

  constructor(number: number, kept = 10) {
    this.number = number;
    this.#recent.keep(kept);
  }

  serve(id: string, endMs = 0): void {
    this.#recent.add({ ...sampleRecord, id, startedAtMs: 1000, totalMs: endMs });
  }

  async recent(query: RecentQuery): Promise<RecentAnswer> {
    this.asked += 1;
    if (this.isBusy) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (this.state === 'down') throw new Error('it has ended');
    return this.#recent.read(query, privacyOf());
  }

  release(): void {
    this.isBusy = false;
    for (const go of this.#held.splice(0)) go();
  }
}

function start(...workers: FakeWorker[]): { readonly feed: RequestFeed; readonly clock: ManualClock; readonly workers: FakeWorker[] } {
  const clock = new ManualClock();
  return { feed: new RequestFeed({ clock, members: () => workers }), clock, workers };
}

/** Follows; what it is told is one text for each request, `+N` for those missed. */
function follow(feed: RequestFeed, filter = ALL): { readonly told: string[]; readonly stop: () => void } {
  const told: string[] = [];
  const stop = feed.follow(filter, ({ requests, missed }: FollowedRequests) => told.push(...requests.map(({ requestId }) => requestId), ...(missed === 0 ? [] : [`+${missed}`])));
  return { told, stop };
}

/** Moves on to the next question, and past its answer. */
async function turn(clock: ManualClock): Promise<void> {
  clock.advance(250);
  for (let i = 0; i < 5; i += 1) await Promise.resolve();
}

await t.test('the last requests are those of all workers, the youngest first, and no more than were asked for', async (t) => {
  const { feed, workers: [one, two], clock } = start(new FakeWorker(1), new FakeWorker(2));
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) (index % 2 === 0 ? one : two)?.serve(id, index);
  const { requests, silentWorkers } = await feed.last(ALL, 3);
  t.strictSame(requests.map(({ requestId }) => requestId), ['d', 'c', 'b']);
  t.strictSame(silentWorkers, []);
  t.strictSame((await feed.last({ ...ALL, slowMs: 3 }, 3)).requests.map(({ requestId }) => requestId), ['d']);
  t.equal(clock.tickers, 0);
});

await t.test('a worker that is busy or dies is left out and named; one that is not ready yet is not asked', async (t) => {
  const { feed, workers, clock } = start(new FakeWorker(1), new FakeWorker(2), new FakeWorker(3), new FakeWorker(4), new FakeWorker(5));
  const [well, busy, dying, starting, down] = workers as [FakeWorker, FakeWorker, FakeWorker, FakeWorker, FakeWorker];
  Object.assign(starting, { state: 'starting' });
  Object.assign(down, { state: 'down' });
  busy.isBusy = true;
  dying.isBusy = true;
  well.serve('a');
  const asked = feed.last(ALL, 10);
  dying.state = 'down';
  dying.release();
  clock.advance(1000);
  const { requests, silentWorkers } = await asked;
  t.strictSame([requests.map(({ requestId }) => requestId), silentWorkers], [['a'], [2, 3]]);
  t.strictSame(workers.map((worker) => worker.asked), [1, 1, 1, 0, 0]);
});

await t.test('who follows is told what ends from then on, each request once', async (t) => {
  const { feed, workers: [one, two], clock } = start(new FakeWorker(1), new FakeWorker(2));
  one?.serve('before');
  const { told, stop } = follow(feed);
  await turn(clock);
  t.strictSame(told, []);
  one?.serve('a');
  two?.serve('b');
  await turn(clock);
  one?.serve('c');
  await turn(clock);
  await turn(clock);
  t.strictSame(told, ['a', 'b', 'c']);
  stop();
  one?.serve('late');
  await turn(clock);
  t.strictSame([told, clock.tickers], [['a', 'b', 'c'], 0]);
});

await t.test('what went by too fast is counted; what the filter leaves out is not told', async (t) => {
  const { feed, workers: [one], clock } = start(new FakeWorker(1, 3));
  const all = follow(feed);
  const slow = follow(feed, { ...ALL, slowMs: 5 });
  await turn(clock);
  for (let index = 0; index < 8; index += 1) one?.serve(String(index), index);
  await turn(clock);
  t.strictSame(all.told, ['5', '6', '7', '+5']);
  t.strictSame(slow.told, ['5', '6', '7', '+5'], 'of what is forgotten nobody knows what it was');
});

await t.test('one turn takes at most 500 of a worker, the youngest, and says how many more there were', async (t) => {
  const { feed, workers: [one], clock } = start(new FakeWorker(1, 2000));
  const { told } = follow(feed);
  await turn(clock);
  for (let index = 0; index < 600; index += 1) one?.serve(String(index));
  await turn(clock);
  t.strictSame([told.length, told[0], told.at(-2), told.at(-1)], [501, '100', '599', '+100']);
});

await t.test('a worker that does not answer is not asked again before it has', async (t) => {
  const { feed, workers: [one, two], clock } = start(new FakeWorker(1), new FakeWorker(2));
  const { told } = follow(feed);
  await turn(clock);
  one!.isBusy = true;
  for (let index = 0; index < 4; index += 1) await turn(clock);
  t.strictSame([one?.asked, two?.asked], [2, 5]);
  one?.serve('a');
  two?.serve('b');
  await turn(clock);
  t.strictSame(told, ['b'], 'and holds nobody up');
  one?.release();
  await eventually(() => told.length === 2);
});

await t.test('of a worker that takes the place of a dead one everything is told', async (t) => {
  const { feed, workers, clock } = start(new FakeWorker(1));
  const { told } = follow(feed);
  await turn(clock);
  workers[0]?.serve('a');
  await turn(clock);
  workers[0]!.state = 'down';
  await turn(clock);
  workers[0] = new FakeWorker(1);
  workers[0].serve('b');
  await turn(clock);
  t.strictSame(told, ['a', 'b']);
});

await t.test('nothing is told after the end, not even what was asked for before', async (t) => {
  const { feed, workers: [one], clock } = start(new FakeWorker(1));
  const { told, stop } = follow(feed);
  await turn(clock);
  one?.serve('a');
  one!.isBusy = true;
  clock.advance(250);
  stop();
  one?.release();
  await turn(clock);
  t.strictSame(told, []);
});
