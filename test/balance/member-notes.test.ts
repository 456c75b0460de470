import t from 'tap';
import { MemberNotes } from '../../src/balance/member-notes.ts';

await t.test('a new reason leaves the last check, and a check leaves the reason', async (t) => {
  const notes = new MemberNotes();
  notes.note(3, 'check failed: 503', 1000);
  notes.lastCheck(3, '503 from /health', 2000);
  t.same(notes.get(3), { reason: 'check failed: 503', sinceMs: 1000, lastCheck: { text: '503 from /health', atMs: 2000 } });
  notes.note(3, 'it answers again', 3000);
  t.same(notes.get(3), { reason: 'it answers again', sinceMs: 3000, lastCheck: { text: '503 from /health', atMs: 2000 } });
});

await t.test('a check alone is no change of state', async (t) => {
  const notes = new MemberNotes();
  notes.lastCheck(3, '200 from /health', 2000);
  t.same(notes.get(3), { reason: '', sinceMs: 0, lastCheck: { text: '200 from /health', atMs: 2000 } });
});

await t.test('what each source said last is known, whatever others have said since', async (t) => {
  const notes = new MemberNotes();
  notes.note(3, 'check failed', 1000, 'checks');
  notes.note(3, 'it accepts connections again', 2000);
  t.same(notes.lastOf('checks', 3), { reason: 'check failed', sinceMs: 1000 });
  t.same(notes.lastOf('calls', 3), { reason: 'it accepts connections again', sinceMs: 2000 });
  t.equal(notes.lastOf('operator', 3), null);
  t.equal(notes.get(3)?.reason, 'it accepts connections again');
  notes.forget(3);
  t.equal(notes.lastOf('checks', 3), null);
});

await t.test('slots have notes of their own, which go when they are forgotten', async (t) => {
  const notes = new MemberNotes();
  notes.note(1, 'a', 1000);
  t.equal(notes.get(2), null);
  notes.forget(1);
  t.equal(notes.get(1), null);
});

await t.test('a text is kept up to 300 characters', async (t) => {
  const notes = new MemberNotes();
  notes.note(1, 'x'.repeat(301), 1000);
  notes.lastCheck(1, 'y'.repeat(301), 1000);
  t.equal(notes.get(1)?.reason.length, 300);
  t.equal(notes.get(1)?.lastCheck?.text.length, 300);
});
