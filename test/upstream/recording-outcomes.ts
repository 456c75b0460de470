import type { Member } from '../../src/upstream/member.ts';
import type { OutcomeRecorder } from '../../src/upstream/upstream-runtime.ts';

/** Writes down what is told of each call, and lets through whom a test allows. */
export class RecordingOutcomes implements OutcomeRecorder {
  /** `succeeded 12`, `failed reset`, `connect failed`, `abandoned`, each with the key of the member in front. */
  readonly told: string[] = [];
  requests = 0;
  /** Retries that are left. */
  budget = Infinity;
  /** Calls that were admitted and have not ended. */
  open = 0;
  admits: (member: Member) => boolean = () => true;

  admitted(member: Member): boolean {
    if (!this.admits(member)) return false;
    this.open++;
    return true;
  }

  countRequest(): void {
    this.requests++;
  }

  succeeded(member: Member, durationMs: number): void {
    this.#end(member, `succeeded ${durationMs}`);
  }

  failed(member: Member, kind: string): void {
    this.#end(member, `failed ${kind}`);
  }

  connectFailed(member: Member): void {
    this.#end(member, 'connect failed');
  }

  abandoned(member: Member): void {
    this.#end(member, 'abandoned');
  }

  retryAllowed(): boolean {
    if (this.budget <= 0) return false;
    this.budget--;
    return true;
  }

  #end(member: Member, how: string): void {
    this.open--;
    this.told.push(`${member.key} ${how}`);
  }
}
