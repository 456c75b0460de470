const SAMPLES = 256;
const RECOMPUTE_AFTER = 32;

/**
 * A quantile of the last 256 durations, up to date within 32 of them. Sorting so few numbers once in a
 * while costs less per request than any sketch.
 */
export class LatencyQuantile {
  readonly #samples = new Float64Array(SAMPLES);
  readonly #quantile: number;
  readonly #fewestSamples: number;
  #count = 0;
  #fresh = 0;
  #value = Infinity;

  /** @param quantile 0 to 1; @param fewestSamples below so many the quantile is Infinity: nothing is known yet. */
  constructor(quantile: number, fewestSamples: number) {
    this.#quantile = quantile;
    this.#fewestSamples = fewestSamples;
  }

  add(ms: number): void {
    this.#samples[this.#count % SAMPLES] = ms;
    this.#count += 1;
    this.#fresh += 1;
    if (this.#fresh >= RECOMPUTE_AFTER || this.#count === this.#fewestSamples) this.#recompute();
  }

  /** In ms. */
  get value(): number {
    return this.#value;
  }

  #recompute(): void {
    this.#fresh = 0;
    const known = Math.min(this.#count, SAMPLES);
    if (known < this.#fewestSamples) return;
    const sorted = this.#samples.slice(0, known).toSorted();
    this.#value = sorted[Math.min(known - 1, Math.floor(known * this.#quantile))] ?? Infinity;
  }
}
