import t from 'tap';
import { MemberNotes } from '../../src/balance/member-notes.ts';
import { memberStatus, type MemberState } from '../../src/balance/member-status.ts';
import { Breaker, createSlotMemory, Mode, Reason, SlotField, Slots } from '../../src/lib/slots.ts';
import { upstreamOf } from '../helpers/config-text.ts';

const ORIGIN_MS = Date.UTC(2026, 0, 1);
const NOW_MS = ORIGIN_MS + 60_000;
const CONFIG = upstreamOf('slowStart: 10s');

function statusWith() {
  const slots = new Slots(createSlotMemory(1, ORIGIN_MS), 0);
  const notes = new MemberNotes();
  const [target] = CONFIG.targets;
  if (target === undefined) throw new Error('the upstream has a target');
  const member = { key: 'api:8000@10.0.0.1', target, address: '10.0.0.1', port: 8000, slot: 5 };
  return { slots, notes, slot: slots.slot(5), status: () => memberStatus(CONFIG, member, { slots, notes, nowMs: NOW_MS }) };
}

await t.test('the strongest state is the one that is said', async (t) => {
  const { slot, slots, status } = statusWith();
  const steps: readonly (readonly [field: number, value: number, state: MemberState])[] = [
    [SlotField.SlowStartFrom, slots.tickOf(NOW_MS - 9000), 'slow-start'],
    [SlotField.Breaker, Breaker.HalfOpen, 'half-open'],
    [SlotField.Breaker, Breaker.Open, 'breaker-open'],
    [SlotField.EjectedUntil, slots.tickOf(NOW_MS + 9000), 'ejected'],
    [SlotField.Unhealthy, 1, 'unhealthy'],
    [SlotField.Mode, Mode.Drain, 'draining'],
    [SlotField.Mode, Mode.Down, 'down'],
  ];
  t.equal(status().state, 'up');
  for (const [field, value, state] of steps) {
    slot.store(field, value);
    t.equal(status().state, state);
  }
});

await t.test('a slow start is over when its time is, whether or not anybody has cleared it', async (t) => {
  const { slot, slots, status } = statusWith();
  slot.store(SlotField.SlowStartFrom, slots.tickOf(NOW_MS - 10_000));
  t.equal(status().state, 'up');
});

await t.test('the reason is what was noted, until a worker has changed the state since', async (t) => {
  const { slot, slots, notes, status } = statusWith();
  notes.note(5, 'check failed: 503 from /health (3 in a row)', ORIGIN_MS + 10_050);
  slot.store(SlotField.Reason, Reason.CheckFailed);
  slot.store(SlotField.ChangedAt, slots.tickOf(ORIGIN_MS + 10_050));
  t.match(status(), { reason: 'check failed: 503 from /health (3 in a row)', sinceMs: ORIGIN_MS + 10_050 });
  slot.store(SlotField.Reason, Reason.FailuresInRow);
  slot.store(SlotField.ChangedAt, slots.tickOf(ORIGIN_MS + 20_000));
  t.match(status(), { reason: 'too many failures in a row', sinceMs: ORIGIN_MS + 20_000 });
});

await t.test('what keeps a member out is the reason, though others have said something since', async (t) => {
  const { slot, notes, status } = statusWith();
  slot.store(SlotField.Unhealthy, 1);
  notes.note(5, 'check failed: 503 from /health', ORIGIN_MS + 10_000, 'checks');
  notes.note(5, 'it accepts connections again', ORIGIN_MS + 20_000);
  t.match(status(), { state: 'unhealthy', reason: 'check failed: 503 from /health', sinceMs: ORIGIN_MS + 10_000 });
  slot.store(SlotField.Mode, Mode.Drain);
  notes.note(5, 'set by the operator', ORIGIN_MS + 30_000, 'operator');
  notes.note(5, '5 failures in a row, out for 30 s', ORIGIN_MS + 40_000);
  t.match(status(), { state: 'draining', reason: 'set by the operator', sinceMs: ORIGIN_MS + 30_000 });
  slot.store(SlotField.Mode, Mode.Up);
  slot.store(SlotField.Unhealthy, 0);
  t.match(status(), { state: 'up', reason: '5 failures in a row, out for 30 s' });
});

await t.test('the counts are those of all workers', async (t) => {
  const { slot, notes, status } = statusWith();
  slot.addInFlight(3);
  slot.store(SlotField.Requests, 100);
  slot.store(SlotField.Failures, 4);
  notes.lastCheck(5, '200 from /health', ORIGIN_MS + 59_000);
  t.match(status(), {
    upstream: 'api', key: 'api:8000@10.0.0.1', inFlight: 3, requests: 100, failures: 4,
    lastCheck: { text: '200 from /health', atMs: ORIGIN_MS + 59_000 },
  });
});
