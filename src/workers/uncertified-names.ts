import type { Clock } from '../lib/clock.ts';

/** A flood of handshakes must not become a flood of messages: names are gathered for this long. */
const GATHER_MS = 200;
/** How long a name that was told is not told again. */
const FORGET_MS = 60_000;
const NAMES_MAX = 1000;
/** Longest DNS name in text form (RFC 1035, 2.3.4). */
const NAME_CHARS_MAX = 253;

/** Names that clients asked this worker for in vain, told in batches: each once a minute, and no more than 1000 of them. */
export class UncertifiedNames {
  readonly #clock: Clock;
  readonly #tell: (names: readonly string[]) => void;
  readonly #told = new Set<string>();
  #waiting: string[] = [];
  #stop: (() => void) | null = null;
  #forgottenMs: number;

  constructor(clock: Clock, tell: (names: readonly string[]) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#forgottenMs = clock.monotonicMs();
  }

  /** Takes any text, because it comes from a stranger. */
  note(name: string): void {
    if (this.#clock.monotonicMs() - this.#forgottenMs >= FORGET_MS) {
      this.#told.clear();
      this.#forgottenMs = this.#clock.monotonicMs();
    }
    if (name.length > NAME_CHARS_MAX || this.#told.size >= NAMES_MAX || this.#told.has(name)) return;
    this.#told.add(name);
    this.#waiting.push(name);
    this.#stop ??= this.#clock.every(GATHER_MS, () => this.#flush());
  }

  close(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #flush(): void {
    this.close();
    const names = this.#waiting;
    this.#waiting = [];
    this.#tell(names);
  }
}
