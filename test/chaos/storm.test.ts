import t, { type Test } from 'tap';
import type { ChaosMode } from '../helpers/chaos-app.ts';
import { ChaosTarget } from '../helpers/chaos-target.ts';
import { Shooter, type Shot } from '../helpers/shooter.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';

const REQUESTS = 2000;
const AT_ONCE = 32;
/** Time-outs are of 5 s and 60 s: what takes less than this has waited for none, on however busy a machine. */
const FAST_MS = 1000;

interface Storm {
  readonly shots: readonly Shot[];
  /** Attempts of the whole, as the access log has them. */
  readonly attempts: number;
  /** Requests the targets have seen. */
  readonly seen: number;
}

/** 2,000 requests while all three targets fail in the same way. */
async function storm(t: Test, fail: (target: ChaosTarget) => Promise<void>): Promise<Storm> {
  const targets = await Promise.all([ChaosTarget.start(t), ChaosTarget.start(t), ChaosTarget.start(t)]);
  await Promise.all(targets.map(fail));
  const sluice = await startSluice(t, `
workers: 2
upstreams:
  app:
    targets: [${targets.map(({ target }) => `"${target}"`).join(', ')}]
    retry: { on: [connect, reset, timeout, 5xx] }
routes: [{ upstream: app }]`);
  const shooter = new Shooter(sluice.httpPort);
  t.teardown(() => shooter.close());
  const shots = await shooter.volley(REQUESTS, AT_ONCE);
  await eventually(() => sluice.output().split('"attempts":').length > REQUESTS, 5000);
  const log = sluice.accessLog();
  const attempts = log.reduce((sum, line) => sum + Number(line['attempts']), 0);
  const slowestMs = Math.max(...log.map((line) => Number(line['requestMs'])));
  const seen = targets.reduce((sum, target) => sum + target.seen().length, 0);
  t.comment(`${log.length} requests, ${attempts} attempts, ${seen} seen by the targets; slowest answer after ${slowestMs} ms`);
  t.equal(log.length, REQUESTS);
  t.ok(attempts <= 1.2 * REQUESTS, 'attempts stay within 1.2 times the requests');
  t.ok(attempts > REQUESTS, 'though some were tried again');
  t.ok(slowestMs < FAST_MS, 'nobody waited long');
  return { shots, attempts, seen };
}

function become(mode: ChaosMode): (target: ChaosTarget) => Promise<void> {
  return async (target) => target.become(mode);
}

/** What clients got, each once. */
function answers(shots: readonly Shot[]): string[] {
  return [...new Set(shots.map(({ status, code }) => `${status} ${code}`))];
}

// A machine with other work takes several times as long as one without.
t.setTimeout(90_000);

await t.test('all targets answer 500: no retry storm, and clients get what the targets said', async (t) => {
  const { shots, attempts, seen } = await storm(t, become('fail'));
  t.equal(seen, attempts, 'the targets counted the same');
  t.strictSame(answers(shots), ['500 of the target']);
});

await t.test('all targets cut the connection of every request: no retry storm', async (t) => {
  const { shots, attempts, seen } = await storm(t, become('reset'));
  t.equal(seen, attempts, 'the targets counted the same');
  t.strictSame(answers(shots), ['502 upstream_reset']);
});

await t.test('all targets refuse connections: no retry storm', async (t) => {
  const { shots } = await storm(t, async (target) => target.kill());
  t.strictSame(answers(shots), ['503 upstream_connect_failed']);
});
