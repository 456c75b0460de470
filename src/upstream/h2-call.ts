import { constants, type ClientHttp2Stream } from 'node:http2';
import { addAbortSignal } from 'node:stream';
import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { h2RequestHead } from './h2-request.ts';
import { h2ResponseHead, switchingHead } from './h2-response.ts';
import type { H2Session, SessionUser } from './h2-session.ts';
import type { Borrower } from './memory-ring.ts';
import { copyIfWasteful } from './read-buffer.ts';
import type { RequestLine } from './request-writer.ts';
import { RESPONSE_LIMITS } from './response-parser.ts';
import type { CallUser, UpstreamCall } from './upstream-call.ts';

const NO_TRAILERS: string[] = [];
/** Destroying with an abort makes Node send CANCEL, and no END_STREAM before it, which would make a part of a body look whole. */
const ABORTED = AbortSignal.abort();
/** Node reads into a buffer of its own each time; a small piece must not keep all of it. */
const BUFFER = { lend: (borrower: Borrower, piece: Buffer): Buffer => copyIfWasteful(borrower, piece) };

/** One request and its answer on a stream of an HTTP/2 session. */
export class H2Call implements UpstreamCall, SessionUser {
  /** The session splits what it is given into frames in its own time. */
  readonly allWritten = false;
  readonly buffer = BUFFER;
  answerStarted = false;
  unprocessed = false;
  reused = false;
  #session: H2Session | null = null;
  #stream: ClientHttp2Stream | null = null;
  #user: CallUser | null;
  #exchange: Exchange | null = null;
  #informationalCount = 0;
  /** Bytes of the body that Content-Length still promises; 0 without one. */
  #promisedBytes = 0;
  #trailers = NO_TRAILERS;
  /** Why the stream failed, where Node says it. */
  #reason = '';
  #tunnel = false;
  #complete = false;

  constructor(user: CallUser) {
    this.#user = user;
  }

  get ready(): boolean {
    return this.#session?.ready === true;
  }

  place(session: H2Session, fresh: boolean): void {
    this.#session = session;
    this.reused = !fresh && session.ready && session.served > 0;
    session.add(this);
  }

  onReady(): void {
    this.#user?.onConnected();
  }

  onSessionClosed(code: ErrorCode, detail: string): void {
    // Where the request was sent, its stream closes too, and says so.
    if (this.#stream === null) this.fail(code, detail);
  }

  fail(code: ErrorCode, detail: string): void {
    const user = this.#user;
    this.#user = null;
    user?.onFailure(code, detail);
  }

  send(exchange: Exchange, line: RequestLine): void {
    const session = this.#session;
    if (session === null) return;
    const upgrading = exchange.upgrade !== '';
    if (upgrading && (exchange.upgrade !== 'websocket' || !session.offersConnect)) {
      this.#failLater('upstream_no_upgrade', `no ${exchange.upgrade} over HTTP/2: the target does not offer it (RFC 8441)`);
      return;
    }
    this.#exchange = exchange;
    try {
      const stream = session.request(h2RequestHead(exchange, line, session.secure), exchange.body === null && !upgrading);
      this.#stream = stream;
      this.#listen(stream);
    } catch (error) {
      // The session ended between our choice of it and now; nothing was sent.
      this.unprocessed = true;
      this.#failLater('upstream_reset', String(error));
    }
  }

  write(chunk: Buffer | string): boolean {
    const stream = this.#stream;
    return stream === null || stream.destroyed || stream.writableEnded || stream.write(chunk);
  }

  endBody(): void {
    this.#stream?.end();
  }

  end(): void {
    this.#stream?.end();
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  handOver(user: CallUser): void {
    this.#user = user;
  }

  /** The stream closes by itself, unless the upstream answered without reading all of the request. */
  release(): void {
    this.#user = null;
    if (this.#stream?.writableFinished !== true) this.destroy();
  }

  destroy(): void {
    this.#user = null;
    const stream = this.#stream;
    if (stream === null) this.#session?.remove(this);
    else if (!stream.destroyed) addAbortSignal(ABORTED, stream);
  }

  #failLater(code: ErrorCode, detail: string): void {
    process.nextTick(() => {
      this.#session?.remove(this);
      this.fail(code, detail);
    });
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('continue', () => this.#guard(() => this.#onInformational([':status', '100'])));
    stream.on('headers', (_headers: object, _flags: number, raw: string[]) => this.#guard(() => this.#onInformational(raw)));
    stream.on('response', (_headers: object, flags: number, raw: string[]) => {
      this.#guard(() => this.#onResponse(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0));
    });
    stream.on('data', (chunk: Buffer) => this.#guard(() => this.#onData(chunk)));
    stream.on('trailers', (_headers: object, _flags: number, raw: string[]) => {
      this.#trailers = raw;
    });
    stream.on('end', () => this.#guard(() => this.#onEnd(stream)));
    stream.on('drain', () => this.#guard(() => this.#user?.onWritable()));
    stream.on('close', () => this.#guard(() => this.#onClose(stream)));
    // Unheard, it would end the process; the close that follows is what counts.
    stream.on('error', (error: Error) => {
      this.#reason = error.message;
    });
  }

  /** A bug ends the request it befell at once, not at its deadline, and is logged by whoever watches the process. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      const user = this.#user;
      this.destroy();
      user?.onFailure('internal_error', String(error));
      throw error;
    }
  }

  #onInformational(raw: string[]): void {
    this.answerStarted = true;
    this.#informationalCount += 1;
    const head = h2ResponseHead(raw, true);
    if (this.#informationalCount > RESPONSE_LIMITS.informationalMax) this.#refuse('too many informational responses');
    else this.#user?.onInformational(head);
  }

  #onResponse(raw: string[], ended: boolean): void {
    const exchange = this.#exchange;
    if (exchange === null) return;
    this.answerStarted = true;
    const head = h2ResponseHead(raw, ended || exchange.method === 'HEAD');
    this.#tunnel = exchange.upgrade !== '' && head.status >= 200 && head.status <= 299;
    // RFC 9113 §8.6.
    if (head.status === 101) this.#refuse('101 in HTTP/2');
    else if (this.#tunnel) this.#user?.onHead(switchingHead(head, exchange));
    else {
      if (head.framing !== 'none') this.#promisedBytes = Math.max(0, head.contentLength);
      this.#user?.onHead(head);
      // An answer without a body goes out together with its end, as it came: gRPC calls it trailers-only.
      if (!ended) this.#user?.onReadEnd();
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#tunnel) {
      this.#user?.onTunnelBytes(chunk, 0, chunk.length);
      return;
    }
    this.#promisedBytes -= chunk.length;
    this.#user?.onBody(chunk, 0, chunk.length);
    this.#user?.onReadEnd();
  }

  /** A stream that is reset, or whose connection is lost, ends like one that is whole. What tells is its state, and the length. */
  #onEnd(stream: ClientHttp2Stream): void {
    if (stream.destroyed || stream.rstCode !== constants.NGHTTP2_NO_ERROR || this.#promisedBytes > 0 || !this.answerStarted) return;
    if (this.#tunnel) {
      this.#user?.onTunnelEnd();
      return;
    }
    this.#complete = true;
    if (this.#trailers.length > 0) this.#user?.onTrailers(this.#trailers);
    this.#user?.onComplete();
    this.#user?.onReadEnd();
  }

  #onClose({ rstCode }: ClientHttp2Stream): void {
    this.#session?.remove(this);
    // V8 may take the stream for alive for long: see `Http2Sink`.
    this.#exchange = null;
    this.#trailers = NO_TRAILERS;
    if (this.#complete || this.#user === null) return;
    this.unprocessed = rstCode === constants.NGHTTP2_REFUSED_STREAM && !this.answerStarted;
    this.fail(codeOf(rstCode, this.answerStarted), this.#reason === '' ? `the stream was closed with code ${rstCode}` : this.#reason);
  }

  #refuse(detail: string): void {
    const user = this.#user;
    this.destroy();
    user?.onFailure('upstream_bad_response', detail);
  }
}

/** What nghttp2 finds malformed it resets with PROTOCOL_ERROR. */
function codeOf(rstCode: number | undefined, answerStarted: boolean): ErrorCode {
  if (rstCode === constants.NGHTTP2_PROTOCOL_ERROR) return 'upstream_bad_response';
  return answerStarted ? 'upstream_cut' : 'upstream_reset';
}
