import t, { type Test } from 'tap';
import { CheckRuns } from '../../src/balance/check-runs.ts';
import { EjectionRecovery } from '../../src/balance/ejection-recovery.ts';
import { Outcomes } from '../../src/balance/outcomes.ts';
import { Reason, SlotField, type Slot } from '../../src/lib/slots.ts';
import type { ManualClock } from '../helpers/manual-clock.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { cellOf, sampleUpstream } from './sample-upstream.ts';

const NOBODY = '127.0.0.1:1';

interface Bench {
  readonly clock: ManualClock;
  readonly cell: Slot;
  readonly own: Slot;
  readonly tick: () => number;
  readonly recovery: EjectionRecovery;
  readonly probes: CheckRuns;
  readonly said: string[];
  /** Upstreams whose names were to be asked again. */
  readonly refreshed: string[];
  readonly isOut: () => boolean;
  readonly fail: () => void;
  readonly connectFailed: () => void;
}

/** The first member is looked after, with a tick every 100 ms of the clock. Without a target no probe is ever made. */
function bench(t: Test, options: string, target: string | null = null): Bench {
  const sample = sampleUpstream(options, [target ?? NOBODY, '127.0.0.2:1']);
  const { clock, slots, own, config } = sample;
  const [member] = sample.members;
  if (member === undefined) throw new Error('there is a member');
  const cell = cellOf(sample, 0);
  const said: string[] = [];
  const refreshed: string[] = [];
  const probes = new CheckRuns(clock, target === null ? 0 : 1);
  const services = { clock, slots, probes, onConnectFailed: (upstream: string) => void refreshed.push(upstream) };
  const recovery = new EjectionRecovery(sample, member, (message, reason) => said.push(`${message}: ${reason}`), services);
  const outcomes = new Outcomes(config, own, () => sample.tick());
  outcomes.useMembers(sample.cells.map((slot) => ({ slot })));
  clock.every(100, () => {
    probes.expire();
    recovery.tick();
  });
  t.teardown(() => probes.close());
  return {
    clock, cell, own, recovery, probes, said, refreshed,
    tick: () => sample.tick(),
    isOut: () => cell.load(SlotField.EjectedUntil) !== 0,
    fail() {
      for (let i = 0; i < 5; i += 1) outcomes.failed({ slot: cell }, 'status');
    },
    connectFailed: () => outcomes.connectFailed({ slot: cell }),
  };
}

await t.test('who was ejected is back when the time is over, starts slowly, and its place is free', async (t) => {
  const { clock, cell, own, tick, said, isOut, fail, recovery, refreshed } = bench(t, 'slowStart: 20s');
  fail();
  clock.advance(29_900);
  t.ok(isOut());
  t.ok(recovery.isCounted);
  const epoch = own.load(SlotField.Epoch);
  clock.advance(100);
  t.notOk(isOut());
  t.equal(own.load(SlotField.EjectedCount), 0);
  t.equal(own.load(SlotField.Epoch), epoch + 1);
  t.equal(cell.load(SlotField.FailuresInRow), 0);
  t.equal(cell.load(SlotField.SlowStartFrom), tick());
  t.strictSame(said, ['a target is out: 5 failures in a row, out for 30 s', 'a target is back: its 30 s were over']);
  t.strictSame(refreshed, [], 'its name is not in doubt');
});

await t.test('an ejection is forgotten after 10 s without another', async (t) => {
  const { clock, cell, said, isOut, fail } = bench(t, 'retry: {}');
  fail();
  clock.advance(30_200);
  fail();
  clock.advance(100);
  t.equal(said[2], 'a target is out: 5 failures in a row, out for 60 s');
  clock.advance(60_100);
  t.notOk(isOut());
  t.equal(cell.load(SlotField.Ejections), 2);
  clock.advance(10_100);
  t.equal(cell.load(SlotField.Ejections), 1);
  clock.advance(30_000);
  t.equal(cell.load(SlotField.Ejections), 0);
});

await t.test('a wall clock that is set back does not keep a member out', async (t) => {
  const { clock, isOut, fail } = bench(t, 'retry: {}');
  fail();
  clock.advance(100);
  clock.jumpWallClock(-50_000);
  clock.advance(30_000);
  t.notOk(isOut());
});

await t.test('who refused a connection is back as soon as it takes one again', async (t) => {
  const app = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => app.close());
  const { clock, said, isOut, connectFailed, refreshed, recovery } = bench(t, 'failTimeout: 1h', app.target);
  connectFailed();
  t.ok(isOut());
  t.notOk(recovery.isCounted);
  clock.advance(100);
  await eventually(() => !isOut());
  t.strictSame(said, ['a target is out: connections to it failed, out until it accepts one', 'a target is back: it accepts connections again']);
  t.strictSame(refreshed, ['api']);
  await eventually(() => app.open === 0);
});

await t.test('it is tried every 250 ms, and stays out beyond its time while it is known to fail', async (t) => {
  const noTls = await startRawUpstream((socket) => socket.end('not TLS'));
  t.teardown(async () => noTls.close());
  const { clock, said, isOut, connectFailed, probes } = bench(t, 'failTimeout: 2s', `https://${noTls.target}`);
  connectFailed();
  for (let i = 0; i < 40; i += 1) {
    clock.advance(100);
    await eventually(() => probes.runningCount === 0);
  }
  t.ok(isOut());
  t.equal(said.length, 1, 'and that is said once');
  t.ok(noTls.connections >= 15 && noTls.connections <= 17, `${noTls.connections} probes in 4 s`);
});

await t.test('where no probe can be made, its time counts alone', async (t) => {
  const { clock, said, isOut, connectFailed } = bench(t, 'failTimeout: 2s');
  connectFailed();
  clock.advance(1900);
  t.ok(isOut());
  clock.advance(300);
  t.notOk(isOut());
  t.equal(said[1], 'a target is back: its 2 s were over');
});

await t.test('who was ejected for failures is not back for taking connections, as it did all the time', async (t) => {
  const app = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => app.close());
  const { clock, isOut, fail, probes } = bench(t, 'retry: {}', app.target);
  fail();
  for (let i = 0; i < 20; i += 1) {
    clock.advance(100);
    await eventually(() => probes.runningCount === 0);
  }
  t.ok(app.connections > 5);
  t.ok(isOut());
});

await t.test('who was ejected for failures and started anew since is back at once', async (t) => {
  const path = `${tempDir(t)}/app.sock`;
  const { clock, own, isOut, fail, probes, said } = bench(t, 'retry: {}', `unix:${path}`);
  fail();
  clock.advance(100);
  await eventually(() => probes.runningCount === 0);
  t.ok(isOut());
  const app = await startHttpUpstream(() => undefined, { path });
  t.teardown(async () => app.close());
  clock.advance(300);
  await eventually(() => !isOut());
  t.equal(own.load(SlotField.EjectedCount), 0);
  t.equal(said[1], 'a target is back: it accepts connections again');
});

await t.test('who was ejected is back when its checks are good again, but not because they are good all the time', (t) => {
  const { clock, cell, own, fail, isOut, said } = bench(t, '');
  fail();
  clock.advance(5000);
  t.ok(isOut(), 'good checks say nothing new');
  cell.store(SlotField.Unhealthy, 1);
  clock.advance(100);
  t.ok(isOut());
  cell.store(SlotField.Unhealthy, 0);
  clock.advance(100);
  t.notOk(isOut());
  t.equal(own.load(SlotField.EjectedCount), 0, 'its place is free');
  t.equal(said.at(-1), 'a target is back: its checks are good again');
  fail();
  clock.advance(5000);
  t.ok(isOut(), 'what happens after that counts anew');
  t.end();
});

await t.test('who was ejected and takes no connections when its time is over stays out, but holds no place', async (t) => {
  const port = await refusingPort();
  for (const [options, staysOut] of [['eject: { time: 2s }', true], ['eject: { time: 2s }, maxFails: 0', false]] as const) {
    const { clock, cell, own, isOut, fail, probes, said, refreshed } = bench(t, options, `127.0.0.1:${port}`);
    fail();
    for (let i = 0; i < 25; i += 1) {
      clock.advance(100);
      await eventually(() => probes.runningCount === 0);
    }
    t.equal(isOut(), staysOut, options);
    t.equal(own.load(SlotField.EjectedCount), 0);
    t.equal(cell.load(SlotField.Reason), staysOut ? Reason.ConnectFailed : Reason.TimeServed);
    t.match(said[1], staysOut ? /^a target stays out: connections to it failed/ : /^a target is back: its 2 s were over/);
    t.equal(refreshed.length, staysOut ? 1 : 0);
  }
});

await t.test('closed, it makes no probe any more', async (t) => {
  const silent = await startRawUpstream((socket) => void socket.resume());
  t.teardown(async () => silent.close());
  const { clock, recovery, connectFailed, isOut, probes } = bench(t, 'failTimeout: 1h', silent.target);
  connectFailed();
  clock.advance(100);
  t.equal(probes.runningCount, 1);
  recovery.close();
  t.equal(probes.runningCount, 0);
  t.ok(isOut());
});
