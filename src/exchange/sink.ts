import type { Duplex } from 'node:stream';

/**
 * Where the answer to one request goes: an HTTP/1.1 response or an HTTP/2 stream behind one shape, so
 * that no other stage knows which. Nothing here throws; a client that went away makes every call a no-op.
 */
export interface Sink {
  /** The final head has been given to the client's connection: an error can no longer become a response. */
  readonly headSent: boolean;
  /** The client can take no more: the request is over, whatever its state. */
  readonly closed: boolean;
  /** Nothing that comes behind this request on its connection counts (RFC 9112 §9.6). */
  readonly closesAfter: boolean;
  /** Bytes accepted by `write` and `end` so far. */
  readonly bytesOut: number;
  /** Buffers given to it still wait for the client: what they are part of must not be written to again. */
  readonly pending: boolean;

  /** 1xx before the final head; one the client's protocol does not know is left out. */
  informational(status: number, rawHeaders: string[]): void;
  /** `Continue`: the client may send the body it announced. */
  continue(): void;
  /**
   * @param contentLength bytes of the body, -1 where unknown.
   * @param hasTrailers trailers may follow the body.
   */
  head(status: number, statusText: string, rawHeaders: string[], contentLength: number, hasTrailers: boolean): void;
  /** False: wait for `onDrain` before the next one. */
  write(chunk: Buffer): boolean;
  /** @param chunk last bytes, or null; @param rawTrailers empty for none. */
  end(chunk: Buffer | null, rawTrailers: string[]): void;
  /** Sends out now what is held back to be joined with the next write, or with those of others at the end of the turn. */
  flush(): void;
  /** Breaks the answer off so that the client can tell it is not whole (HTTP/1.1: connection destroyed, HTTP/2: RST_STREAM). */
  abort(): void;
  /**
   * Answers that the connection now speaks `protocol` (HTTP/1.1: 101, HTTP/2: 200 to an extended CONNECT, RFC 8441)
   * and hands it over; the sink reports nothing any more. Null where the client has gone.
   */
  upgrade(protocol: string, rawHeaders: string[]): Duplex | null;
  /**
   * Closes the connection after this answer (HTTP/1.1 only; RFC 9112 §9.6). Before `head`.
   * @param unread the request's body is still coming: it is read and thrown away for a while, so that the answer is not lost.
   */
  closeAfter(unread?: boolean): void;
}

/** A sink that stands in front of another one, and passes on to it what it makes of the answer. */
export interface FrontSink extends Sink {
  /** The one behind it can take more. */
  onDrain(): void;
}

/** What the sink reports. */
export interface SinkListener {
  onDrain(): void;
  /** Once. `complete`: the whole answer was handed to the client's connection. */
  onClose(complete: boolean): void;
}
