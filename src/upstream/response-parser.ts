import { ChunkedDecoder, type ChunkedHandler } from './chunked-decoder.ts';
import type { ResponseCut, ResponseFault } from './response-fault.ts';
import { readResponseHead, type ResponseHead } from './response-head.ts';
import type { ResponseLimits } from './response-limits.ts';
import { SectionReader } from './section-reader.ts';

/** Called synchronously from within `execute` and `finish`. It must not throw. */
export interface ResponseHandler extends ChunkedHandler {
  /** A 1xx other than 101: 100, 103 and others. The final response is still to come. */
  onInformational(head: ResponseHead): void;
  /** The final head, or an accepted 101. */
  onHead(head: ResponseHead): void;
  /** Once per response, also for one without a body; not after a 101. The last call of its `execute` or `finish`. */
  onComplete(): void;
}

export const RESPONSE_LIMITS: ResponseLimits = {
  headBytesMax: 64 * 1024,
  headerCountMax: 200,
  informationalMax: 32,
  chunkExtensionBytesMax: 16 * 1024,
  trailerBytesMax: 16 * 1024,
};

const STATUS_LINE_PREFIX = 'HTTP/1.';

/** Nothing is expected: before `begin`, after a complete response, and in the tunnel after a 101. */
const IDLE = 0;
const HEAD = 1;
const LENGTH = 2;
const CHUNKED = 3;
const CLOSE = 4;
/** The response is complete, its handler is about to be told. */
const ENDED = 5;
const STOPPED = 6;
const FAULTY = 7;

/**
 * Reads the responses of one upstream connection, one after the other (RFC 9112), and is stricter than
 * Node's own client. Nothing of a buffer given to it is kept: an incomplete head is copied, within a bound.
 */
export class ResponseParser {
  readonly #handler: ResponseHandler;
  readonly #limits: ResponseLimits;
  readonly #section: SectionReader<'response head too large'>;
  readonly #chunks: ChunkedDecoder;
  #state = IDLE;
  #fault: ResponseFault | null = null;
  #complete = false;
  #started = false;
  #noBody = false;
  #upgradeRequested = false;
  #informationalCount = 0;
  #bodyLeft = 0;

  constructor(handler: ResponseHandler, limits: ResponseLimits = RESPONSE_LIMITS) {
    this.#handler = handler;
    this.#limits = limits;
    this.#section = new SectionReader(limits.headBytesMax, 'response head too large');
    this.#chunks = new ChunkedDecoder(handler, limits);
  }

  /** Why the answer was refused, null while it was not. A connection with a fault cannot be used again. */
  get fault(): ResponseFault | null {
    return this.#fault;
  }

  /** A byte of the answer has arrived since `begin`. */
  get started(): boolean {
    return this.#started;
  }

  /** The answer has ended as it should. Never after a 101. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Expects the next response: the answer to `method`, with a 101 allowed only where an upgrade was asked for. */
  begin(method: string, upgradeRequested: boolean): void {
    this.#state = HEAD;
    this.#fault = null;
    this.#complete = false;
    this.#started = false;
    this.#noBody = method === 'HEAD';
    this.#upgradeRequested = upgradeRequested;
    this.#informationalCount = 0;
    this.#section.reset();
  }

  /** No callback is called any more until `begin`; bytes that still come are consumed unseen. For use in callbacks too. */
  stop(): void {
    this.#state = STOPPED;
    this.#chunks.stop();
  }

  /**
   * Reads `buffer` from `start` to `end`. Returns how many bytes belong to the answer: fewer than given once it is
   * complete (trailing garbage: drop the connection) or after a 101 (the tunnel's first bytes); -1 on a fault.
   */
  execute(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== ENDED) {
      if (this.#state === STOPPED) return end - start;
      if (this.#state === IDLE) return at - start;
      const used = this.#read(buffer, at, end);
      if (used < 0) return -1;
      at += used;
    }
    if (this.#state === ENDED) this.#tellComplete();
    return at - start;
  }

  /** The connection ended. Completes a body that lasts until then; null if all is well, else what went wrong. */
  finish(): ResponseCut | ResponseFault | null {
    switch (this.#state) {
      case HEAD:
        if (this.#section.partial) return 'closed within the response head';
        return this.#started ? 'closed before the final response' : 'closed before the response';
      case LENGTH:
        return 'closed within the body';
      case CHUNKED:
        return 'closed within a chunked body';
      case CLOSE:
        this.#tellComplete();
        return null;
      default:
        return this.#fault;
    }
  }

  /** The handler may `begin` the next response in this call; nothing here looks at the state afterwards. */
  #tellComplete(): void {
    this.#state = IDLE;
    this.#complete = true;
    this.#handler.onComplete();
  }

  #read(buffer: Buffer, start: number, end: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(buffer, start, end);
      case LENGTH:
        return this.#readLength(buffer, start, end);
      case CHUNKED:
        return this.#readChunks(buffer, start, end);
      case CLOSE:
        this.#handler.onBody(buffer, start, end);
        return end - start;
      default:
        return -1;
    }
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    this.#started = true;
    const section = this.#section;
    const taken = section.take(buffer, start, end);
    // What is not HTTP at all (TLS, a database's greeting) is named as that, and at its first bytes.
    if (section.partial && !section.canBegin(STATUS_LINE_PREFIX)) return this.#fail('not an HTTP/1.0 or HTTP/1.1 status line');
    if (taken < 0) return this.#fail(section.fault);
    if (!section.complete) return taken;
    const head = readResponseHead(section, this.#noBody, this.#upgradeRequested, this.#limits.headerCountMax);
    section.reset();
    if (typeof head === 'string') return this.#fail(head);
    return this.#accept(head) ?? taken;
  }

  #accept(head: ResponseHead): -1 | null {
    if (head.status < 200 && !head.upgrade) {
      if (++this.#informationalCount > this.#limits.informationalMax) return this.#fail('too many informational responses');
      this.#handler.onInformational(head);
      return null;
    }
    this.#state = this.#stateAfter(head);
    this.#handler.onHead(head);
    return null;
  }

  #stateAfter(head: ResponseHead): number {
    switch (head.framing) {
      case 'length':
        this.#bodyLeft = head.contentLength;
        return head.contentLength === 0 ? ENDED : LENGTH;
      case 'chunked':
        this.#chunks.begin();
        return CHUNKED;
      case 'close':
        return CLOSE;
      default:
        return head.upgrade ? IDLE : ENDED;
    }
  }

  #readLength(buffer: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#bodyLeft);
    this.#bodyLeft -= stop - start;
    if (this.#bodyLeft === 0) this.#state = ENDED;
    this.#handler.onBody(buffer, start, stop);
    return stop - start;
  }

  #readChunks(buffer: Buffer, start: number, end: number): number {
    const taken = this.#chunks.execute(buffer, start, end);
    if (taken < 0) return this.#fail(this.#chunks.fault);
    // A handler that stopped the parser ended the chunks, but not the answer.
    if (this.#state === CHUNKED && this.#chunks.done) this.#state = ENDED;
    return taken;
  }

  #fail(fault: ResponseFault | null): -1 {
    this.#fault = fault;
    this.#state = FAULTY;
    return -1;
  }
}
