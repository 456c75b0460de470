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

/** Carries a request's body to one upstream, as fast as the slower of the two and holding no more than one chunk. */
export class RequestBodyPump implements BodyConsumer {
  started = false;
  finished = false;
  readonly #body: ClientBody;
  readonly #call: UpstreamCall;
  readonly #listener: BodyListener;

  constructor(body: ClientBody, call: UpstreamCall, listener: BodyListener) {
    this.#body = body;
    this.#call = call;
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
    const ok = this.#call.write(chunk);
    this.#listener.onBodyProgress(!ok);
    return ok;
  }

  onBodyEnd(): void {
    this.finished = true;
    this.#call.endBody();
    this.#listener.onBodySent();
  }

  onBodyBroken(fault: BodyFault): void {
    this.#listener.onBodyBroken(fault);
  }
}
