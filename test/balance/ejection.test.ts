import t from 'tap';
import { Ejection, keepOut, PASSED_OVER, readmit } from '../../src/balance/ejection.ts';
import { Breaker, Mode, Reason, SlotField } from '../../src/lib/slots.ts';
import { cellOf, outOf, sampleUpstream, someTargets, type SampleUpstream } from './sample-upstream.ts';

function ejectionOf(sample: SampleUpstream): Ejection {
  const ejection = new Ejection(sample.config, sample.own);
  ejection.members = sample.members.map(({ slot }) => ({ slot: sample.slots.slot(slot) }));
  return ejection;
}

function fail(sample: SampleUpstream, ejection: Ejection, member: number, times: number): void {
  for (let i = 0; i < times; i += 1) ejection.failed(cellOf(sample, member), sample.tick());
}

await t.test('five failures in a row take a member out for 30 s, and workers are told', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const ejection = ejectionOf(sample);
  fail(sample, ejection, 1, 4);
  t.strictSame(outOf(sample), []);
  const epoch = sample.own.load(SlotField.Epoch);
  fail(sample, ejection, 1, 1);
  t.strictSame(outOf(sample), [1]);
  t.equal(cellOf(sample, 1).load(SlotField.EjectedUntil), sample.tick() + 300);
  t.equal(cellOf(sample, 1).load(SlotField.Reason), Reason.FailuresInRow);
  t.equal(cellOf(sample, 1).load(SlotField.EjectionsTotal), 1);
  t.equal(sample.own.load(SlotField.EjectedCount), 1);
  t.equal(sample.own.load(SlotField.Epoch), epoch + 1);
});

await t.test('a success in between begins the row anew', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const ejection = ejectionOf(sample);
  fail(sample, ejection, 0, 4);
  ejection.succeeded(cellOf(sample, 0));
  fail(sample, ejection, 0, 4);
  t.strictSame(outOf(sample), []);
});

await t.test('ejection can be turned off', async (t) => {
  const sample = sampleUpstream('eject: off', someTargets(3));
  fail(sample, ejectionOf(sample), 0, 50);
  t.strictSame(outOf(sample), []);
});

await t.test('the n-th ejection in a row lasts n times as long, up to the longest', async (t) => {
  const sample = sampleUpstream('eject: { time: 10s, timeMax: 25s }', someTargets(3));
  const ejection = ejectionOf(sample);
  const member = cellOf(sample, 0);
  const lengths = [1, 2, 3, 4].map(() => {
    fail(sample, ejection, 0, 5);
    const ticks = member.load(SlotField.EjectedUntil) - sample.tick();
    readmit(member, sample.own);
    return ticks;
  });
  t.strictSame(lengths, [100, 200, 250, 250]);
});

await t.test('no more than the share is out at once, but one always may be', async (t) => {
  for (const [members, share, most] of [[3, '10%', 1], [20, '10%', 2], [29, '10%', 2], [100, '29%', 29], [3, '1%', 1]] as const) {
    const sample = sampleUpstream(`eject: { share: ${share} }`, someTargets(members));
    const ejection = ejectionOf(sample);
    for (let i = 0; i < members; i += 1) fail(sample, ejection, i, 6);
    t.equal(outOf(sample).length, most, `${share} of ${members}`);
    t.equal(sample.own.load(SlotField.EjectedCount), most);
  }
});

await t.test('one that found no place is taken out when a place is free and it fails again', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const ejection = ejectionOf(sample);
  fail(sample, ejection, 0, 5);
  fail(sample, ejection, 1, 5);
  t.strictSame(outOf(sample), [0]);
  readmit(cellOf(sample, 0), sample.own);
  fail(sample, ejection, 1, 1);
  t.strictSame(outOf(sample), [1]);
});

await t.test('the last member that is available is never ejected', async (t) => {
  const alone = sampleUpstream('hold: 5s', someTargets(1));
  fail(alone, ejectionOf(alone), 0, 50);
  t.strictSame(outOf(alone), []);
  t.equal(alone.own.load(SlotField.EjectedCount), 0, 'and it holds no place');
  for (const [field, value] of [[SlotField.Mode, Mode.Drain], [SlotField.Unhealthy, 1], [SlotField.EjectedUntil, 9], [SlotField.Breaker, Breaker.Open]] as const) {
    const sample = sampleUpstream('eject: { share: 100% }', someTargets(2));
    cellOf(sample, 1).store(field, value);
    const ejection = ejectionOf(sample);
    fail(sample, ejection, 0, 5);
    t.equal(cellOf(sample, 0).load(SlotField.EjectedUntil), 0);
    cellOf(sample, 1).store(field, 0);
    fail(sample, ejection, 0, 1);
    t.not(cellOf(sample, 0).load(SlotField.EjectedUntil), 0, 'it goes as soon as another is there');
  }
});

await t.test('a failed connection passes a member over for the fail time-out, even the last and whatever the share', async (t) => {
  const sample = sampleUpstream('failTimeout: 20s', someTargets(2));
  const ejection = ejectionOf(sample);
  ejection.connectFailed(cellOf(sample, 0), sample.tick());
  ejection.connectFailed(cellOf(sample, 1), sample.tick());
  t.strictSame(outOf(sample), [0, 1]);
  t.equal(cellOf(sample, 0).load(SlotField.EjectedUntil), sample.tick() + 200);
  t.equal(cellOf(sample, 0).load(SlotField.Fails), PASSED_OVER);
  t.equal(cellOf(sample, 0).load(SlotField.Reason), Reason.ConnectFailed);
  t.equal(cellOf(sample, 0).load(SlotField.EjectionsTotal), 1);
  t.equal(sample.own.load(SlotField.EjectedCount), 0, 'and takes no place of those that were ejected');
  readmit(cellOf(sample, 0), sample.own);
  t.strictSame(outOf(sample), [1]);
  t.equal(sample.own.load(SlotField.EjectedCount), 0);
});

await t.test('only failures within the fail time-out add up to maxFails', async (t) => {
  const sample = sampleUpstream('maxFails: 3, failTimeout: 10s', someTargets(2));
  const ejection = ejectionOf(sample);
  const connectFailed = (): void => ejection.connectFailed(cellOf(sample, 0), sample.tick());
  connectFailed();
  connectFailed();
  sample.clock.advance(10_000);
  connectFailed();
  connectFailed();
  t.strictSame(outOf(sample), []);
  sample.clock.advance(9900);
  connectFailed();
  t.strictSame(outOf(sample), [0]);
});

await t.test('a wall clock that was set back does not keep old failures alive', async (t) => {
  const sample = sampleUpstream('maxFails: 2', someTargets(2));
  const ejection = ejectionOf(sample);
  ejection.connectFailed(cellOf(sample, 0), sample.tick());
  sample.clock.jumpWallClock(-30_000);
  ejection.connectFailed(cellOf(sample, 0), sample.tick());
  t.strictSame(outOf(sample), []);
});

await t.test('maxFails: 0 passes nobody over, but failed connections still count as failures in a row', async (t) => {
  const sample = sampleUpstream('maxFails: 0', someTargets(2));
  const ejection = ejectionOf(sample);
  for (let i = 0; i < 4; i += 1) ejection.connectFailed(cellOf(sample, 0), sample.tick());
  t.strictSame(outOf(sample), []);
  ejection.connectFailed(cellOf(sample, 0), sample.tick());
  t.strictSame(outOf(sample), [0]);
  t.equal(sample.own.load(SlotField.EjectedCount), 1);
});

await t.test('failures of a member that is passed over change nothing until it is back, which begins every count anew', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const ejection = ejectionOf(sample);
  const member = cellOf(sample, 0);
  for (let i = 0; i < 20; i += 1) ejection.connectFailed(member, sample.tick());
  t.equal(member.load(SlotField.Fails), PASSED_OVER);
  t.equal(member.load(SlotField.Ejections), 0);
  readmit(member, sample.own);
  t.equal(member.load(SlotField.Fails), 0);
  fail(sample, ejection, 0, 4);
  t.strictSame(outOf(sample), []);
});

await t.test('who is kept out for want of connections holds no place of the ejected any more', async (t) => {
  const sample = sampleUpstream('retry: {}', someTargets(3));
  const ejection = ejectionOf(sample);
  fail(sample, ejection, 0, 5);
  for (const until of [900, 1000]) {
    keepOut(cellOf(sample, 0), sample.own, until);
    t.equal(cellOf(sample, 0).load(SlotField.EjectedUntil), until);
    t.equal(sample.own.load(SlotField.EjectedCount), 0);
  }
  fail(sample, ejection, 1, 5);
  t.strictSame(outOf(sample), [0, 1]);
  readmit(cellOf(sample, 0), sample.own);
  t.equal(sample.own.load(SlotField.EjectedCount), 1);
});
