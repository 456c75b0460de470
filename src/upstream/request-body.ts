import type { Readable } from 'node:stream';
import { BodyGarbage } from '../lib/body-garbage.ts';
import type { UpstreamConnection } from './connection.ts';

/** Told how the body of a request fares on its way to the upstream. */
export interface BodyListener {
  /** Bytes arrived from the client. `blocked`: the upstream does not take them yet. */
  onBodyProgress(bytes: number, blocked: boolean): void;
  onBodySent(): void;
  /** The client went away, or broke its framing, before the body was whole. */
  onBodyBroken(detail: string): void;
}

const garbage = new BodyGarbage();
const LAST_CHUNK = '0\r\n\r\n';

/**
 * Carries a request's body from the client to one upstream connection, as fast as the slower of the
 * two and never holding more than one chunk. What was sent is gone: it cannot be sent a second time.
 */
export class RequestBodyPump {
  /** A byte has left for the upstream, so that the request cannot be repeated. */
  started = false;
  finished = false;
  readonly #body: Readable;
  readonly #connection: UpstreamConnection;
  readonly #chunked: boolean;
  readonly #listener: BodyListener;
  #stopped = false;

  /** @param chunked the length is unknown: the body is sent in chunks (RFC 9112 §7.1). */
  constructor(body: Readable, connection: UpstreamConnection, chunked: boolean, listener: BodyListener) {
    this.#body = body;
    this.#connection = connection;
    this.#chunked = chunked;
    this.#listener = listener;
  }

  start(): void {
    const body = this.#body;
    this.started = true;
    body.on('data', this.#onData);
    body.on('end', this.#onEnd);
    body.on('error', this.#onError);
    body.on('close', this.#onClose);
    // The stream may have ended or gone before we listened.
    if (body.readableEnded) this.#onEnd();
    else if (body.destroyed) this.#onClose();
  }

  /** The upstream takes bytes again. */
  resume(): void {
    if (!this.#stopped && !this.finished) this.#body.resume();
  }

  /** Lets go of the client's stream; what it still sends is thrown away unread by whoever owns it. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const body = this.#body;
    body.off('data', this.#onData);
    body.off('end', this.#onEnd);
    body.off('close', this.#onClose);
    if (!this.finished && !body.destroyed) body.resume();
  }

  readonly #onData = (chunk: Buffer): void => {
    const ok = this.#chunked ? this.#writeChunk(chunk) : this.#connection.write(chunk);
    if (!ok) this.#body.pause();
    this.#listener.onBodyProgress(chunk.length, !ok);
    garbage.add(chunk.length);
  };

  #writeChunk(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const connection = this.#connection;
    connection.cork();
    connection.write(`${chunk.length.toString(16)}\r\n`);
    connection.write(chunk);
    const ok = connection.write('\r\n');
    connection.uncork();
    return ok;
  }

  readonly #onEnd = (): void => {
    if (this.finished || this.#stopped) return;
    // An HTTP/2 stream that the client cancels ends as if its body were whole; only its state tells.
    if (this.#body.closed) {
      this.#onClose();
      return;
    }
    this.finished = true;
    if (this.#chunked) this.#connection.write(LAST_CHUNK);
    this.#listener.onBodySent();
  };

  readonly #onError = (error: Error): void => {
    if (!this.finished && !this.#stopped) this.#listener.onBodyBroken(error.message);
  };

  readonly #onClose = (): void => {
    if (!this.finished && !this.#stopped) this.#listener.onBodyBroken('the client closed the connection within its request');
  };
}
