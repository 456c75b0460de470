import { EXTENSION_END, EXTENSION_FAULT, EXTENSION_NAME_START, stepExtension } from './chunk-extension.ts';
import { readFieldLines, type FieldSink } from './field-lines.ts';
import { CR, HEX_VALUE, LF, octetAt, SEMICOLON } from './octet.ts';
import type { ChunkFault, FieldFault } from './response-fault.ts';
import type { ResponseLimits } from './response-limits.ts';
import { SectionReader } from './section-reader.ts';

export interface ChunkedHandler {
  /** Bytes of the body, valid during the call only: the buffer is reused for the next read. */
  onBody(buffer: Buffer, start: number, end: number): void;
  /** Name, value, name, value; called only where there are trailers, before `onComplete`. */
  onTrailers(rawTrailers: string[]): void;
}

const SIZE_START = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS_START = 7;
const LAST_LF = 8;
const TRAILERS = 9;
const DONE = 10;

/** Thirteen hexadecimal digits are less than 2^52, so every size that is let through is exact. */
const SIZE_DIGITS_MAX = 13;

/** Fields that frame, route or authenticate come too late after the body (RFC 9110 §6.5.1). Lower case. */
const FORBIDDEN_TRAILERS: ReadonlySet<string> = new Set([
  'authorization', 'cache-control', 'connection', 'content-encoding', 'content-length', 'content-range',
  'content-type', 'expect', 'host', 'keep-alive', 'max-forwards', 'proxy-authenticate', 'proxy-authorization',
  'proxy-connection', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'www-authenticate',
]);

/** Decodes the chunked coding of one response after the other (RFC 9112 §7.1), handing body bytes on where they lie. */
export class ChunkedDecoder {
  /** Why `execute` returned -1. */
  fault: ChunkFault | FieldFault | null = null;
  readonly #handler: ChunkedHandler;
  readonly #limits: ResponseLimits;
  readonly #trailers: SectionReader<'trailers too large'>;
  #state = DONE;
  #size = 0;
  #sizeDigits = 0;
  #dataLeft = 0;
  #extensionState = EXTENSION_NAME_START;
  #extensionBytes = 0;

  constructor(handler: ChunkedHandler, limits: ResponseLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#trailers = new SectionReader(limits.trailerBytesMax, 'trailers too large');
  }

  begin(): void {
    this.fault = null;
    this.#state = SIZE_START;
    this.#extensionBytes = 0;
    this.#trailers.reset();
  }

  /** Also within a call of the handler: what is left of the read is not looked at. */
  stop(): void {
    this.#state = DONE;
  }

  /** The empty line after the last chunk was read. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** Returns how many bytes from `start` on belong to the body; -1 on a fault. */
  execute(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== DONE) {
      if (this.#state === DATA) {
        at = this.#data(buffer, at, end);
      } else if (this.#state === TRAILERS) {
        const taken = this.#readTrailers(buffer, at, end);
        if (taken < 0) return -1;
        at += taken;
      } else {
        this.fault = this.#step(octetAt(buffer, at++));
        if (this.fault !== null) return -1;
        // The first octet of a trailer is read again, as part of its section.
        if (this.#state === TRAILERS) at--;
      }
    }
    return at - start;
  }

  #data(buffer: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#dataLeft);
    this.#dataLeft -= stop - start;
    if (this.#dataLeft === 0) this.#state = DATA_CR;
    this.#handler.onBody(buffer, start, stop);
    return stop;
  }

  #readTrailers(buffer: Buffer, start: number, end: number): number {
    const taken = this.#trailers.take(buffer, start, end);
    if (taken < 0) {
      this.fault = this.#trailers.fault;
      return -1;
    }
    if (!this.#trailers.complete) return taken;
    const sink = new TrailerSink();
    this.fault = readFieldLines(this.#trailers, this.#trailers.start, this.#limits.headerCountMax, sink);
    this.#trailers.reset();
    if (this.fault !== null) return -1;
    this.#state = DONE;
    this.#handler.onTrailers(sink.rawHeaders);
    return taken;
  }

  /** One octet outside of data and trailers. */
  #step(octet: number): ChunkFault | null {
    switch (this.#state) {
      case SIZE_START:
        this.#size = 0;
        this.#sizeDigits = 0;
        this.#state = SIZE;
        return this.#sizeDigit(octet);
      case SIZE:
        if (octet === CR) this.#state = SIZE_LF;
        else if (octet === SEMICOLON) {
          this.#state = EXTENSION;
          this.#extensionState = EXTENSION_NAME_START;
          return this.#countExtension();
        } else return this.#sizeDigit(octet);
        return null;
      case EXTENSION:
        this.#extensionState = stepExtension(this.#extensionState, octet);
        if (this.#extensionState === EXTENSION_FAULT) return 'chunk extension not valid';
        if (this.#extensionState !== EXTENSION_END) return this.#countExtension();
        this.#state = SIZE_LF;
        return null;
      case SIZE_LF:
        if (octet !== LF) return 'chunk line does not end in CRLF';
        this.#dataLeft = this.#size;
        this.#state = this.#size === 0 ? TRAILERS_START : DATA;
        return null;
      case DATA_CR:
        this.#state = DATA_LF;
        return octet === CR ? null : 'no CRLF after the data of a chunk';
      case DATA_LF:
        this.#state = SIZE_START;
        return octet === LF ? null : 'no CRLF after the data of a chunk';
      case TRAILERS_START:
        this.#state = octet === CR ? LAST_LF : TRAILERS;
        return null;
      default:
        this.#state = DONE;
        return octet === LF ? null : 'chunk line does not end in CRLF';
    }
  }

  #sizeDigit(octet: number): ChunkFault | null {
    const digit = HEX_VALUE[octet] ?? 255;
    if (digit === 255) return 'chunk size is not hexadecimal';
    if (++this.#sizeDigits > SIZE_DIGITS_MAX) return 'chunk size too large';
    this.#size = this.#size * 16 + digit;
    return null;
  }

  #countExtension(): ChunkFault | null {
    return ++this.#extensionBytes > this.#limits.chunkExtensionBytesMax ? 'chunk extensions too long' : null;
  }
}

class TrailerSink implements FieldSink<ChunkFault> {
  readonly rawHeaders: string[] = [];

  field(name: string): ChunkFault | null {
    return FORBIDDEN_TRAILERS.has(name.toLowerCase()) ? 'trailer not allowed after a body' : null;
  }
}
