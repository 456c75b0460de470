import type { CodingName } from '../../config/policies/compress.ts';

/** A coding with its weight (RFC 9110 §12.4.2, §12.5.3). */
const ELEMENT = /^([\w!#$%&'*+.^`|~-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;
/** Clients of one kind send the same text, and there are not many kinds; who makes some up is answered all the same. */
const KNOWN_MAX = 500;
const KNOWN_CHARS_MAX = 200;

/** Chooses the coding of answers by what clients say they take. */
export class CodingChoice {
  readonly #offered: readonly CodingName[];
  readonly #known = new Map<string, CodingName | null>();

  /** @param offered the best first. */
  constructor(offered: readonly CodingName[]) {
    this.#offered = offered;
  }

  /**
   * The coding that the client likes best, and of several the one that stands first here; null: none.
   * Without the header it would be free to us, but who takes codings says so.
   */
  for(rawHeaders: readonly string[]): CodingName | null {
    const accepted = acceptEncodingOf(rawHeaders);
    if (accepted === '') return null;
    const known = this.#known.get(accepted);
    if (known !== undefined) return known;
    const chosen = choose(accepted, this.#offered);
    if (this.#known.size < KNOWN_MAX && accepted.length <= KNOWN_CHARS_MAX) this.#known.set(accepted, chosen);
    return chosen;
  }
}

function acceptEncodingOf(rawHeaders: readonly string[]): string {
  let value = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length !== 15 || name.toLowerCase() !== 'accept-encoding') continue;
    value = value === '' ? rawHeaders[i + 1]! : `${value}, ${rawHeaders[i + 1]}`;
  }
  return value;
}

function choose(accepted: string, offered: readonly CodingName[]): CodingName | null {
  const weights = weightsOf(accepted);
  if (weights === null) return null;
  const others = weights.get('*') ?? 0;
  let best: CodingName | null = null;
  // What is sent as it is needs no mention, and where it is liked better it is what the client gets.
  let weight = weights.get('identity') ?? 0;
  for (const coding of offered) {
    const own = weights.get(coding) ?? others;
    if (own > weight || (own === weight && own > 0 && best === null)) {
      best = coding;
      weight = own;
    }
  }
  return best;
}

/** By coding; null where the header cannot be read, which is as good as none. */
function weightsOf(accepted: string): ReadonlyMap<string, number> | null {
  const weights = new Map<string, number>();
  for (const part of accepted.split(',')) {
    const element = part.trim();
    if (element === '') continue;
    const match = ELEMENT.exec(element);
    if (match === null) return null;
    const name = codingOf(match[1]!.toLowerCase());
    const weight = Number(match[2] ?? 1);
    // Of two statements about one coding the more careful one counts.
    weights.set(name, Math.min(weight, weights.get(name) ?? 1));
  }
  return weights;
}

/** RFC 9110 §8.4.1.3 has another name for gzip. */
function codingOf(name: string): string {
  return name === 'x-gzip' ? 'gzip' : name;
}

