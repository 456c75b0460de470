const KEEP = 0;
const DROP = -1;

/** Names as they were written, with the verdict; bounded, so that made-up names cannot grow it. */
const SEEN_MAX = 256;

interface Field {
  readonly name: string;
  readonly value: string;
  /** Of a header that stays where somebody has said it already: its bit in the set of those seen; else 0. */
  readonly bit: number;
}

interface AnswerRules {
  /** Taken out, in lower case. */
  readonly removed: readonly string[];
  /** Said, unless there is one of that name. At most 30. */
  readonly lacking: readonly (readonly [name: string, value: string])[];
  /** Said in any case; who wants no other of that name has it among `removed`. */
  readonly said: readonly (readonly [name: string, value: string])[];
}

/** What is done to the headers of an answer, prepared so that it is one pass over them. */
export class AnswerFields {
  readonly #verdicts = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  readonly #fields: Field[] = [];
  /** Behind a Content-Length, Node would decode it as UTF-8 and then refuse to send what comes out. */
  readonly #leading: string[] = [];

  constructor({ removed, lacking, said }: AnswerRules) {
    for (const [index, [name, value]] of lacking.entries()) {
      this.#verdicts.set(name.toLowerCase(), 1 << index);
      this.#fields.push({ name, value, bit: 1 << index });
    }
    for (const name of removed) this.#verdicts.set(name, DROP);
    for (const [name, value] of said) {
      if (name.toLowerCase() === 'content-disposition') this.#leading.push(name, value);
      else this.#fields.push({ name, value, bit: 0 });
    }
  }

  /** @param headers names and values in turn; changed in place. */
  apply(headers: string[]): void {
    let present = 0;
    let length = 0;
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!;
      const verdict = this.#verdictOn(name);
      if (verdict === DROP) continue;
      present |= verdict;
      if (length < i) {
        headers[length] = name;
        headers[length + 1] = headers[i + 1]!;
      }
      length += 2;
    }
    headers.length = length;
    for (const { name, value, bit } of this.#fields) if ((present & bit) === 0) headers.push(name, value);
    if (this.#leading.length > 0) headers.unshift(...this.#leading);
  }

  #verdictOn(name: string): number {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const verdict = this.#verdicts.get(name.toLowerCase()) ?? KEEP;
    if (this.#seen.size < SEEN_MAX) this.#seen.set(name, verdict);
    return verdict;
  }
}
