import t, { type Test } from 'tap';
import { HealthChecks, type WatchedUpstream } from '../../src/balance/health-check.ts';
import { Reason, SlotField } from '../../src/lib/slots.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startHttpUpstream, startRawUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { cellOf, sampleUpstream, type SampleUpstream } from './sample-upstream.ts';

interface App {
  readonly upstream: TestUpstream;
  /** Of every answer from now on. */
  status: number;
}

async function startApp(t: Test): Promise<App> {
  const upstream = await startHttpUpstream((_request, response) => void response.writeHead(app.status).end());
  t.teardown(async () => upstream.close());
  const app: App = { upstream, status: 200 };
  return app;
}

/** `random` 0.5 is no jitter at all. */
function check(t: Test, sample: SampleUpstream, random = 0.5): HealthChecks {
  const { clock, logger, slots, notes } = sample;
  const checks = new HealthChecks({ clock, logger, slots, notes, random: () => random });
  t.teardown(() => checks.close());
  checks.apply([sample]);
  return checks;
}

/** Waits for the result of the check that is under way, and moves the clock to the next one. */
async function nextCheck(sample: SampleUpstream, app: App): Promise<void> {
  const { requests } = app.upstream;
  sample.clock.advance(10_000);
  await eventually(() => app.upstream.requests === requests + 1 && sample.notes.get(2)?.lastCheck?.atMs === sample.clock.now());
}

function isUnhealthy(sample: SampleUpstream, index = 0): boolean {
  return cellOf(sample, index).load(SlotField.Unhealthy) === 1;
}

function withMembers(sample: SampleUpstream, count: number): WatchedUpstream {
  return { config: sample.config, slot: sample.slot, members: sample.members.slice(0, count) };
}

await t.test('a member is checked at once, and one bad first result takes it out', async (t) => {
  const [good, refusing] = [await startApp(t), await refusingPort()];
  const sample = sampleUpstream('health: { path: /up }', [good.upstream.target, `127.0.0.1:${refusing}`]);
  check(t, sample);
  await eventually(() => isUnhealthy(sample, 1) && sample.notes.get(2) !== null);
  t.notOk(isUnhealthy(sample, 0));
  t.match(sample.notes.get(2)?.lastCheck?.text, /^passed: 200 from \/up \(\d+ ms\)$/);
  t.match(sample.notes.get(3), { reason: 'check failed: connection refused', lastCheck: { text: /^failed: connection refused/ } });
  t.equal(cellOf(sample, 1).load(SlotField.Reason), Reason.CheckFailed);
  t.equal(sample.own.load(SlotField.Epoch), 1);
  t.strictSame(sample.said(), ['a target is unhealthy: check failed: connection refused']);
});

await t.test('later `fall` bad ones in a row take it out and `rise` good ones bring it back, each said once', async (t) => {
  const app = await startApp(t);
  const sample = sampleUpstream('slowStart: 30s, health: { path: /up, every: 10s, rise: 2, fall: 3 }', [app.upstream.target]);
  check(t, sample);
  await eventually(() => sample.notes.get(2) !== null);
  app.status = 503;
  const course: boolean[] = [];
  for (let i = 0; i < 5; i += 1) {
    await nextCheck(sample, app);
    course.push(isUnhealthy(sample));
  }
  app.status = 200;
  for (let i = 0; i < 3; i += 1) {
    await nextCheck(sample, app);
    course.push(isUnhealthy(sample));
  }
  t.strictSame(course, [false, false, true, true, true, true, false, false]);
  t.strictSame(sample.said(), [
    'a target is unhealthy: check failed: 503 from /up (3 in a row)',
    'a target is healthy again: check passed: 200 from /up (2 in a row)',
  ]);
  t.equal(sample.own.load(SlotField.Epoch), 2);
  t.equal(cellOf(sample, 0).load(SlotField.SlowStartFrom), sample.tick() - 100, 'it starts slowly');
});

await t.test('intervals vary by a tenth', async (t) => {
  for (const [random, earlyMs] of [[0, 9000], [1, 11_000]] as const) {
    const app = await startApp(t);
    const sample = sampleUpstream('health: { path: /, every: 10s }', [app.upstream.target]);
    check(t, sample, random);
    await eventually(() => sample.notes.get(2) !== null);
    sample.clock.advance(earlyMs - 100);
    t.equal(app.upstream.requests, 1);
    sample.clock.advance(100);
    await eventually(() => app.upstream.requests === 2);
  }
});

await t.test('one that accepts and never answers fails when its time-out is over', async (t) => {
  const silent = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => silent.close());
  const sample = sampleUpstream('health: { path: /, timeout: 2s }', [silent.target]);
  check(t, sample);
  await eventually(() => silent.connections === 1);
  sample.clock.advance(1900);
  t.notOk(isUnhealthy(sample));
  sample.clock.advance(100);
  t.ok(isUnhealthy(sample));
  t.equal(sample.notes.get(2)?.reason, 'check failed: no answer within 2 s');
  await eventually(() => silent.open === 0);
});

await t.test('no more than 64 checks run at once', async (t) => {
  const silent = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => silent.close());
  const sample = sampleUpstream('health: { path: /, timeout: 1s, every: 60s }', [silent.target]);
  const members = Array.from({ length: 100 }, (_, index) => sample.members.map((member) => ({ ...member, key: `m${index}`, slot: 2 + index }))).flat();
  check(t, { ...sample, members });
  await eventually(() => silent.open === 64);
  sample.clock.advance(1000);
  await eventually(() => silent.open === 36);
  t.equal(silent.connections, 100);
});

await t.test('what is the same after a reload goes on where it was; what changed begins anew', async (t) => {
  const app = await startApp(t);
  const sample = sampleUpstream('health: { path: /up, every: 10s, fall: 3 }', [app.upstream.target]);
  const checks = check(t, sample);
  await eventually(() => sample.notes.get(2) !== null);
  app.status = 500;
  await nextCheck(sample, app);
  await nextCheck(sample, app);
  checks.apply([{ ...sample }]);
  t.equal(app.upstream.requests, 3, 'no check of its own');
  await nextCheck(sample, app);
  t.ok(isUnhealthy(sample), 'the third bad one in a row');
  app.status = 200;
  const other = sampleUpstream('health: { path: /other, rise: 5 }', [app.upstream.target]);
  checks.apply([{ ...sample, config: other.config }]);
  await eventually(() => !isUnhealthy(sample));
  t.match(sample.notes.get(2)?.reason, /200 from \/other/);
});

await t.test('a member that is gone, or checked no more, is left alone and not left out', async (t) => {
  const ports = [await refusingPort(), await refusingPort()];
  const sample = sampleUpstream('health: { path: / }', ports.map((port) => `127.0.0.1:${port}`));
  const checks = check(t, sample);
  await eventually(() => isUnhealthy(sample, 0) && isUnhealthy(sample, 1));
  const { reason } = sample.notes.get(3) ?? {};
  checks.apply([withMembers(sample, 1)]);
  sample.clock.advance(60_000);
  t.equal(sample.notes.get(3)?.reason, reason);
  const unchecked = { ...sample.config, health: null };
  checks.apply([{ ...withMembers(sample, 1), config: unchecked }]);
  t.notOk(isUnhealthy(sample, 0));
  t.equal(sample.notes.get(2)?.reason, 'it is not checked any more');
  t.ok(isUnhealthy(sample, 1), 'a slot that is not in the list is somebody else\'s');
});

await t.test('closed, nothing of it is left', async (t) => {
  const silent = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => silent.close());
  const sample = sampleUpstream('health: { path: / }', [silent.target]);
  const checks = check(t, sample);
  await eventually(() => silent.open === 1);
  checks.close();
  await eventually(() => silent.open === 0);
  t.equal(sample.clock.tickers, 0);
});
