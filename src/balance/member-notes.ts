/** What is known of a member in words. Kept by the control plane alone; a slot holds only numbers. */
export interface MemberNote {
  /** Why its state changed last. */
  readonly reason: string;
  /** Epoch milliseconds of that change; 0 where none was noted. */
  readonly sinceMs: number;
  /** Null: never checked. */
  readonly lastCheck: { readonly text: string; readonly atMs: number } | null;
}

/** Who says so: the operator, the active checks, or the calls of requests. */
export type NoteSource = 'operator' | 'checks' | 'calls';

type Change = Pick<MemberNote, 'reason' | 'sinceMs'>;

/** Longest text kept: a reason may quote what a stranger answered. */
const TEXT_CHARS_MAX = 300;

/** Notes by slot number, bounded by the number of slots. */
export class MemberNotes {
  readonly #bySlot = new Map<number, MemberNote>();
  readonly #changes = { operator: new Map<number, Change>(), checks: new Map<number, Change>(), calls: new Map<number, Change>() };

  /** Replaces the reason; the last check stays. */
  note(slotNumber: number, reason: string, nowMs: number, source: NoteSource = 'calls'): void {
    const lastCheck = this.#bySlot.get(slotNumber)?.lastCheck ?? null;
    const change = { reason: reason.slice(0, TEXT_CHARS_MAX), sinceMs: nowMs };
    this.#bySlot.set(slotNumber, { ...change, lastCheck });
    this.#changes[source].set(slotNumber, change);
  }

  /** What this one said last, whatever others have said since. Null: nothing. */
  lastOf(source: NoteSource, slotNumber: number): Change | null {
    return this.#changes[source].get(slotNumber) ?? null;
  }

  lastCheck(slotNumber: number, text: string, nowMs: number): void {
    const { reason, sinceMs } = this.#bySlot.get(slotNumber) ?? { reason: '', sinceMs: 0 };
    this.#bySlot.set(slotNumber, { reason, sinceMs, lastCheck: { text: text.slice(0, TEXT_CHARS_MAX), atMs: nowMs } });
  }

  /** Null: nothing was noted. */
  get(slotNumber: number): MemberNote | null {
    return this.#bySlot.get(slotNumber) ?? null;
  }

  /** For a slot that is given to another member. */
  forget(slotNumber: number): void {
    this.#bySlot.delete(slotNumber);
    for (const changes of Object.values(this.#changes)) changes.delete(slotNumber);
  }
}
