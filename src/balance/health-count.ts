/**
 * Rise and fall, counted as HAProxy does (`check.health` in its check.c): a number between 0 and
 * `rise + fall - 1`, healthy from `rise` on. Whatever becomes healthy is so in full at once, and what
 * becomes unhealthy too, so that only results in a row count.
 */
export class HealthCount {
  readonly #rise: number;
  readonly #fall: number;
  #score: number;
  /** Of the last result. */
  #wasGood: boolean | null = null;
  #inRow = 0;

  /** @param isHealthy what it counts as before the first result, which alone can change it. */
  constructor(rise: number, fall: number, isHealthy: boolean) {
    this.#rise = rise;
    this.#fall = fall;
    this.#score = isHealthy ? rise : rise - 1;
  }

  get isHealthy(): boolean {
    return this.#score >= this.#rise;
  }

  /** Results in a row like the last one. */
  get inRow(): number {
    return this.#inRow;
  }

  /** @returns true where this result changed what the member counts as. */
  add(isGood: boolean): boolean {
    this.#inRow = this.#wasGood === isGood ? this.#inRow + 1 : 1;
    this.#wasGood = isGood;
    const before = this.isHealthy;
    if (isGood) {
      this.#score = this.#score + 1 >= this.#rise ? this.#rise + this.#fall - 1 : this.#score + 1;
    } else {
      this.#score = this.#score > this.#rise ? this.#score - 1 : 0;
    }
    return this.isHealthy !== before;
  }
}
