import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Borrower } from './memory-ring.ts';
import type { RequestLine } from './request-writer.ts';
import type { ResponseHandler } from './response-parser.ts';

/** Who makes a call: one attempt at a request, then perhaps a tunnel. None of these may throw. */
export interface CallUser extends ResponseHandler {
  /** The request can be sent now; only where the call was not ready from the start. */
  onConnected(): void;
  /** Everything that one read, or the end, brought has been reported: the moment to give the call back. */
  onReadEnd(): void;
  /** The upstream takes bytes again after `write` said no. */
  onWritable(): void;
  /** Bytes behind a 101. */
  onTunnelBytes(buffer: Buffer, start: number, end: number): void;
  /** The upstream will send no more; tunnels only. */
  onTunnelEnd(): void;
  /** The call is over before the answer, or the tunnel, was complete. Never told from within a method of the call. */
  onFailure(code: ErrorCode, detail: string): void;
}

/**
 * One request to an upstream and its answer, whatever the protocol: over HTTP/1.1 the connection that carries
 * it alone, over HTTP/2 a stream of a connection that carries others too.
 */
export interface UpstreamCall {
  /** It can be sent at once; else the user is told when. */
  readonly ready: boolean;
  /** Its connection had served a request before: the upstream may be closing it this very moment. */
  readonly reused: boolean;
  /** Something of the answer has arrived. */
  readonly answerStarted: boolean;
  /** The upstream said that it has done nothing with the request (RFC 9113 §8.7). */
  readonly unprocessed: boolean;
  /** Nothing that was given to `write` is in our memory any more. */
  readonly allWritten: boolean;
  /** Says in what form a piece of the answer may be held after the read. */
  readonly buffer: { lend(borrower: Borrower, piece: Buffer): Buffer };

  /** Sends the head of the request, and its end where it has no body. */
  send(exchange: Exchange, line: RequestLine): void;
  /** @returns false: wait for `onWritable` before the next one. */
  write(chunk: Buffer): boolean;
  /** The whole body has been written. */
  endBody(): void;
  /** Ends our direction; tunnels only. */
  end(): void;
  pause(): void;
  resume(): void;
  /** The answer was a 101: what follows is for `user`. */
  handOver(user: CallUser): void;
  /** The answer is complete and the user is done: what carried it may carry the next. */
  release(): void;
  /** Ends it at once, so that the upstream can tell; the user hears nothing of it. */
  destroy(): void;
}

/** What carries the calls of one worker to one member. */
export interface UpstreamPool {
  /** False: the upstream is told to close each connection after its answer. */
  readonly keepsAlive: boolean;
  /**
   * Begins a call; `user` is told of its answer.
   *
   * @param fresh not on a connection that may be closing.
   * @throws GatewayError overloaded
   */
  call(user: CallUser, fresh: boolean): UpstreamCall;
  /** Closes what is idle now, and what is in use when it is given back. */
  close(): void;
}
