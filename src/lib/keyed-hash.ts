/**
 * HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, SipHash: a fast short-input PRF): a hash of texts that nobody
 * can foresee who does not know the key, so that nobody can aim at a place in a table. Texts are taken as UTF-16LE.
 */
export class KeyedHash {
  /** What {@link digest} has found: two halves of 32 bits, signed. */
  low = 0;
  high = 0;
  readonly #key0: number;
  readonly #key1: number;

  /** @param key two numbers of 32 random bits. */
  constructor([key0, key1]: readonly [number, number]) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** Writes the hash to `low` and `high`. */
  digest(text: string): void {
    let v0 = this.#key0;
    let v1 = this.#key1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.#key0;
    let v3 = 0x74656462 ^ this.#key1;
    const { length } = text;
    const words = (length >> 1) + 1;
    // Two rounds for each word, then four for each half of the hash, which are as for two words of 0.
    for (let step = 0; step < words + 4; step += 1) {
      const word = step < words ? wordOf(text, step * 2, length) : 0;
      if (step === words) v2 ^= 0xee;
      if (step === words + 2) {
        this.low = v1 ^ v3;
        v1 ^= 0xdd;
      }
      v3 ^= word;
      for (let round = 0; round < 2; round += 1) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= word;
    }
    this.high = v1 ^ v3;
  }
}

/** The last one holds what is left and how many bytes there were. */
function wordOf(text: string, at: number, length: number): number {
  if (at + 1 < length) return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
  return ((length * 2) << 24) | (at < length ? text.charCodeAt(at) : 0);
}
