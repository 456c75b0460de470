import t from 'tap';
import { BreakerRecovery } from '../../src/balance/breaker-recovery.ts';
import { CheckRuns } from '../../src/balance/check-runs.ts';
import { Outcomes } from '../../src/balance/outcomes.ts';
import { Breaker, SlotField } from '../../src/lib/slots.ts';
import { cellOf, sampleUpstream, someTargets } from './sample-upstream.ts';

interface Bench {
  readonly state: () => number;
  readonly recovery: BreakerRecovery;
  readonly said: string[];
  /** Moves time on, with a tick of the recovery every 100 ms. */
  readonly pass: (ms: number) => void;
  readonly jump: (ms: number) => void;
  readonly calls: (good: number, bad: number) => void;
  readonly admitted: () => boolean;
}

function bench(): Bench {
  const sample = sampleUpstream('eject: off, breaker: { requests: 5, open: 3s, probes: 2, upstream: false }', someTargets(1));
  const { config, clock, slots, own } = sample;
  const member = { slot: cellOf(sample, 0) };
  const said: string[] = [];
  const services = { clock, slots, probes: new CheckRuns(clock, 1), onConnectFailed: () => undefined };
  const recovery = new BreakerRecovery(config.breaker, member.slot, own, (message, reason) => said.push(`${message}: ${reason}`), services);
  const outcomes = new Outcomes(config, own, () => sample.tick());
  clock.every(100, () => recovery.tick());
  return {
    state: () => member.slot.load(SlotField.Breaker),
    recovery,
    said,
    pass: (ms) => clock.advance(ms),
    jump: (ms) => clock.jumpWallClock(ms),
    calls(good, bad) {
      for (let i = 0; i < good; i += 1) outcomes.succeeded(member, 1);
      for (let i = 0; i < bad; i += 1) outcomes.failed(member, 'status');
    },
    admitted: () => outcomes.admitted(member),
  };
}

await t.test('half open when its time is over, closed when all probes are good, and all of it said', async (t) => {
  const { state, said, pass, calls, admitted } = bench();
  calls(0, 5);
  pass(2900);
  t.equal(state(), Breaker.Open);
  pass(200);
  t.equal(state(), Breaker.HalfOpen);
  t.strictSame([admitted(), admitted(), admitted()], [true, true, false]);
  calls(2, 0);
  t.equal(state(), Breaker.Closed);
  pass(100);
  t.strictSame(said, [
    'a breaker opened: too many calls failed, open for 3 s',
    'a breaker is half open: its 3 s were over, 2 probes decide',
    'a breaker closed: all probes were good',
  ]);
});

await t.test('a bad probe opens it for the whole time again', async (t) => {
  const { state, said, pass, calls } = bench();
  calls(0, 5);
  pass(3200);
  calls(0, 1);
  t.equal(state(), Breaker.Open);
  pass(2900);
  t.equal(state(), Breaker.Open);
  pass(200);
  t.equal(state(), Breaker.HalfOpen);
  t.equal(said[2], 'a breaker opened: a probe failed, open for 3 s');
});

await t.test('probes that never end are made again', async (t) => {
  const { state, pass, calls, admitted } = bench();
  calls(0, 5);
  pass(3200);
  t.strictSame([admitted(), admitted(), admitted()], [true, true, false]);
  pass(3100);
  t.equal(state(), Breaker.HalfOpen);
  t.ok(admitted());
});

await t.test('a wall clock that is set back does not keep it open', async (t) => {
  const { state, pass, jump, calls } = bench();
  calls(0, 5);
  pass(100);
  jump(-40_000);
  pass(3000);
  t.equal(state(), Breaker.HalfOpen);
});

await t.test('a breaker that a reload takes away is closed', async (t) => {
  const { state, recovery, said, pass, calls } = bench();
  calls(0, 5);
  pass(100);
  recovery.configure(null);
  pass(100);
  t.equal(state(), Breaker.Closed);
  t.equal(said[1], 'a breaker closed: its breaker was switched off');
  pass(1000);
  t.equal(said.length, 2);
});
