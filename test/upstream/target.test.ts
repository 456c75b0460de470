import t from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { parseTarget } from '../../src/config/target.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import { Target } from '../../src/upstream/target.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const INDEX = { inFlight: 0, failed: 1 };

function targetOf(text: string, failTimeoutMs = 10_000, cells = new SharedCells(createSharedCells(1, 2), 1)): Target {
  const config = parseTarget(text);
  const deadlines = new Deadlines(new ManualClock(), () => undefined);
  const pool = new ConnectionPool(config, { verify: true, ca: null, serverName: null }, { connectionsMax: 1, idleMs: 1, lifetimeMs: 1 }, deadlines);
  return new Target(config, pool, cells.counter(INDEX, 'inFlight'), cells.sharedNumber(INDEX, 'failed'), failTimeoutMs);
}

await t.test('its own Host has the port only where that is not the usual one', async (t) => {
  const hosts = [['api:8000', 'api:8000'], ['api:80', 'api'], ['https://api:443', 'api'], ['https://api', 'api'], ['https://api:80', 'api:80'], ['api:443', 'api:443'], ['[::1]:8080', '[::1]:8080'], ['[::1]:80', '[::1]'], ['unix:/run/a.sock', 'localhost']] as const;
  for (const [text, host] of hosts) t.equal(targetOf(text).host, host, text);
});

await t.test('a failure counts for its time, in every worker, and a success ends it', async (t) => {
  const layout = createSharedCells(2, 2);
  const [here, there] = [1, 2].map((worker) => targetOf('a:1', 10_000, new SharedCells(layout, worker)));
  t.equal(here?.isFailing(1000), false);
  here?.markFailed(1000);
  t.strictSame([there?.isFailing(1000), there?.isFailing(1009), there?.isFailing(1010)], [true, true, false]);
  there?.markUp();
  t.equal(here?.isFailing(1001), false);
});

await t.test('less than a second counts as one, and 0 as never', async (t) => {
  const brief = targetOf('a:1', 100);
  brief.markFailed(1000);
  t.strictSame([brief.isFailing(1000), brief.isFailing(1001)], [true, false]);
  const never = targetOf('a:1', 0);
  never.markFailed(1000);
  t.equal(never.isFailing(1000), false);
});

await t.test('the year 2038 is a second like any other', async (t) => {
  const target = targetOf('a:1');
  const last = 2 ** 31 - 5;
  target.markFailed(last);
  t.strictSame([target.isFailing(last), target.isFailing(last + 9), target.isFailing(last + 10)], [true, true, false]);
});
