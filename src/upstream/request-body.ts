import type { BodyConsumer, BodyFault, ClientBody } from './client-body.ts';
import type { UpstreamCall } from './upstream-call.ts';

/** Told how the body of a request fares on its way to the upstream. */
export interface BodyListener {
  /** Bytes went on. `blocked`: the upstream does not take more of them yet. */
  onBodyProgress(blocked: boolean): void;
  onBodySent(): void;
  /** The body will not be whole. */
  onBodyBroken(fault: BodyFault): void;
}

const LAST_CHUNK = '0\r\n\r\n';

/** Carries a request's body to one upstream, as fast as the slower of the two and holding no more than one chunk. */
export class RequestBodyPump implements BodyConsumer {
  started = false;
  finished = false;
  readonly #body: ClientBody;
  readonly #call: UpstreamCall;
  readonly #chunked: boolean;
  readonly #listener: BodyListener;

  /** @param chunked the length is unknown: the body is sent in chunks (RFC 9112 §7.1). */
  constructor(body: ClientBody, call: UpstreamCall, chunked: boolean, listener: BodyListener) {
    this.#body = body;
    this.#call = call;
    this.#chunked = chunked;
    this.#listener = listener;
  }

  get empty(): boolean {
    return this.#call.allWritten;
  }

  start(): void {
    this.started = true;
    this.#body.attach(this);
  }

  /** The upstream takes bytes again. */
  resume(): void {
    if (!this.finished) this.#body.resume();
  }

  /** The upstream wants no more of it. */
  stop(): void {
    this.#body.detach(this);
  }

  onChunk(chunk: Buffer): boolean {
    const ok = this.#chunked ? this.#writeChunk(chunk) : this.#call.write(chunk);
    this.#listener.onBodyProgress(!ok);
    return ok;
  }

  onBodyEnd(): void {
    this.finished = true;
    if (this.#chunked) this.#call.write(LAST_CHUNK);
    this.#call.endBody();
    this.#listener.onBodySent();
  }

  onBodyBroken(fault: BodyFault): void {
    this.#listener.onBodyBroken(fault);
  }

  #writeChunk(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const call = this.#call;
    call.cork();
    call.write(`${chunk.length.toString(16)}\r\n`);
    call.write(chunk);
    const ok = call.write('\r\n');
    call.uncork();
    return ok;
  }
}
