import type { Section } from './field-lines.ts';
import { CR, LF } from './octet.ts';

const KEPT_BYTES_MIN = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Finds a section that ends with an empty line (a head, or trailers) in reads of any size. A section that lies in
 * one read stays where it is; of one that does not, the part at hand is kept, never more than `bytesMax`.
 */
export class SectionReader<TooLarge extends string> implements Section {
  /** The section is there, until `reset`. */
  complete = false;
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  text = '';
  /** Why `take` returned -1. Found before the section is complete, so that a peer that errs is not waited for. */
  fault: TooLarge | 'bare LF' | 'bare CR' | null = null;
  readonly #bytesMax: number;
  readonly #tooLarge: TooLarge;
  #kept: Buffer = NOTHING;
  #keptLength = 0;

  constructor(bytesMax: number, tooLarge: TooLarge) {
    this.#bytesMax = bytesMax;
    this.#tooLarge = tooLarge;
  }

  /** Lets go of all bytes and expects the next section. */
  reset(): void {
    this.complete = false;
    this.bytes = NOTHING;
    this.text = '';
    this.fault = null;
    this.#kept = NOTHING;
    this.#keptLength = 0;
  }

  /** A section has begun and is not complete. */
  get partial(): boolean {
    return this.#keptLength > 0 && !this.complete;
  }

  /** What is kept so far can still become a section that starts with `prefix`. */
  canBegin(prefix: string): boolean {
    const length = Math.min(prefix.length, this.#keptLength);
    return this.#kept.toString('latin1', 0, length) === prefix.substring(0, length);
  }

  /** Returns how many bytes from `start` on belong to the section; -1 on a fault. */
  take(buffer: Buffer, start: number, end: number): number {
    if (this.#keptLength > 0) return this.#append(buffer, start, end);
    const sectionEnd = findEmptyLine(buffer, start, Math.min(end, start + this.#bytesMax));
    if (sectionEnd < 0) return this.#append(buffer, start, end);
    this.#found(buffer, start, sectionEnd);
    return sectionEnd - start;
  }

  #found(bytes: Buffer, start: number, end: number): void {
    this.complete = true;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.text = bytes.toString('latin1', start, end);
  }

  #append(buffer: Buffer, start: number, end: number): number {
    const before = this.#keptLength;
    const stop = Math.min(end, start + this.#bytesMax - before);
    const length = before + stop - start;
    const kept = this.#room(length);
    buffer.copy(kept, before, start, stop);
    this.#keptLength = length;
    const sectionEnd = findEmptyLine(kept, Math.max(0, before - 3), length);
    if (sectionEnd >= 0) {
      this.#found(kept, 0, sectionEnd);
      return sectionEnd - before;
    }
    this.fault = lineEndFault(kept, before, length) ?? (length === this.#bytesMax ? this.#tooLarge : null);
    return this.fault === null ? stop - start : -1;
  }

  #room(length: number): Buffer {
    if (this.#kept.length >= length) return this.#kept;
    // Not from Node's pool of small buffers: a head that dribbles in would hold a whole slab of it.
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#bytesMax, Math.max(KEPT_BYTES_MIN, 2 * length)));
    this.#kept.copy(grown, 0, 0, this.#keptLength);
    this.#kept = grown;
    return grown;
  }
}

/** Where the first CR LF CR LF that lies within `start` and `end` ends, -1 without one. */
function findEmptyLine(bytes: Buffer, start: number, end: number): number {
  // An octet that is neither CR nor LF rules out the four places around it, so most octets are never looked at.
  for (let at = start + 3; at < end;) {
    const octet = bytes[at];
    if (octet === CR) at += 1;
    else if (octet !== LF) at += 4;
    else if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
    else at += 2;
  }
  return -1;
}

/** Looks at the octets from `start` on and at the one before; a CR that comes last may still get its LF. */
function lineEndFault(bytes: Buffer, start: number, end: number): 'bare LF' | 'bare CR' | null {
  for (let at = start; at < end; at++) {
    const afterCr = at > 0 && bytes[at - 1] === CR;
    if ((bytes[at] === LF) !== afterCr) return afterCr ? 'bare CR' : 'bare LF';
  }
  return null;
}
