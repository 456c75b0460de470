import { randomBytes } from 'node:crypto';

const OPCODE = 0x0f;
const OPCODE_CLOSE = 0x08;
const FINAL_CLOSE = 0x88;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_KEY_BYTES = 4;
const CLOSE_CODE_BYTES = 2;

/** What the next octet is. */
const FIRST = 0;
const SECOND = 1;
const EXTENDED_LENGTH = 2;
const SKIPPED = 3;

/**
 * Follows one direction of a WebSocket byte stream (RFC 6455 §5.2) to know where a frame ends, so that a Close can
 * be put between two frames. It looks at headers only: payload is neither unmasked nor copied nor checked.
 */
export class FrameBoundary {
  #expects = FIRST;
  #closeSeen = false;
  #masked = false;
  #lengthBytesLeft = 0;
  #length = 0;
  /** Of the masking key and the payload. */
  #skipLeft = 0;

  /** The last octet pushed ended a frame, or none was pushed yet. */
  get atBoundary(): boolean {
    return this.#expects === FIRST;
  }

  /** A Close frame has at least begun; nothing may be sent after it (RFC 6455 §5.5.1). */
  get closeSeen(): boolean {
    return this.#closeSeen;
  }

  /**
   * @param stops at the first frame that ends in here.
   * @returns where it stopped: `end`, or before that behind the frame's last octet.
   */
  push(buffer: Buffer, start: number, end: number, stops = false): number {
    let at = start;
    while (at < end) {
      if (this.#expects === SKIPPED) {
        const skipped = Math.min(end - at, this.#skipLeft);
        this.#skipLeft -= skipped;
        at += skipped;
        if (this.#skipLeft === 0) this.#expects = FIRST;
      } else {
        this.#header(buffer.readUInt8(at++));
      }
      if (stops && this.#expects === FIRST) break;
    }
    return at;
  }

  #header(octet: number): void {
    if (this.#expects === FIRST) {
      if ((octet & OPCODE) === OPCODE_CLOSE) this.#closeSeen = true;
      this.#expects = SECOND;
    } else if (this.#expects === SECOND) {
      this.#masked = (octet & MASKED) !== 0;
      this.#second(octet & LENGTH);
    } else {
      // A length beyond 2^53 loses its last bits, which is harmless: such a frame does not end.
      this.#length = this.#length * 256 + octet;
      if (--this.#lengthBytesLeft === 0) this.#skip(this.#length);
    }
  }

  #second(length: number): void {
    if (length < LENGTH_16) {
      this.#skip(length);
      return;
    }
    this.#length = 0;
    this.#lengthBytesLeft = length === LENGTH_64 ? 8 : 2;
    this.#expects = EXTENDED_LENGTH;
  }

  #skip(length: number): void {
    this.#skipLeft = length + (this.#masked ? MASK_KEY_BYTES : 0);
    this.#expects = this.#skipLeft === 0 ? FIRST : SKIPPED;
  }
}

/**
 * A Close frame without a reason (RFC 6455 §5.5.1). `masked`: for the server, as a client sends it.
 * Throws a RangeError for a code that may not be sent (§7.4: 1000 to 4999, but not 1004, 1005, 1006, 1015).
 */
export function encodeClose(code: number, masked: boolean): Buffer {
  if (!isSendable(code)) throw new RangeError(`${code} is not a close code that may be sent`);
  const payload = Buffer.alloc(CLOSE_CODE_BYTES);
  payload.writeUInt16BE(code);
  if (!masked) return Buffer.from([FINAL_CLOSE, CLOSE_CODE_BYTES, ...payload]);
  const key = randomBytes(MASK_KEY_BYTES);
  const hidden = payload.map((octet, at) => octet ^ key.readUInt8(at));
  return Buffer.from([FINAL_CLOSE, MASKED | CLOSE_CODE_BYTES, ...key, ...hidden]);
}

function isSendable(code: number): boolean {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false;
  return code !== 1004 && code !== 1005 && code !== 1006 && code !== 1015;
}
