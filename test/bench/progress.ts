export interface Step {
  readonly name: string;
  /** How long it is thought to take. */
  readonly seconds: number;
}

/** Says what is being measured and how long all will take, a line for each step, and keeps the run within its time. */
export class Progress {
  readonly #steps: readonly Step[];
  readonly #secondsMax: number;
  readonly #nowMs: () => number;
  readonly #say: (line: string) => void;
  readonly #startedMs: number;

  constructor(steps: readonly Step[], secondsMax: number, nowMs: () => number, say: (line: string) => void) {
    this.#steps = steps;
    this.#secondsMax = secondsMax;
    this.#nowMs = nowMs;
    this.#say = say;
    this.#startedMs = nowMs();
  }

  /** @returns false for a step that would end too late: then leave it out. */
  begin(name: string): boolean {
    const at = this.#steps.findIndex((step) => step.name === name);
    const left = this.#steps.slice(Math.max(at, 0)).reduce((sum, { seconds }) => sum + seconds, 0);
    const passed = (this.#nowMs() - this.#startedMs) / 1000;
    const fits = passed + (this.#steps[at]?.seconds ?? 0) <= this.#secondsMax;
    const count = String(this.#steps.length);
    this.#say(`${String(at + 1).padStart(count.length)}/${count}  ${name}${fits ? `, ${timeLeft(left)}` : ': no time left'}`);
    return fits;
  }
}

function timeLeft(seconds: number): string {
  return seconds < 90 ? `about ${Math.max(Math.round(seconds / 10) * 10, 10)} s left` : `about ${Math.round(seconds / 60)} min left`;
}
