import type { Duplex, Readable } from 'node:stream';
import type { LogRule } from '../config/access-log-config.ts';
import type { AccessRecord } from '../observe/access-record.ts';
import type { RouteOutcomes } from '../observe/metrics/route-outcomes.ts';
import type { Trace } from '../observe/traces/trace.ts';
import { LOG_ALL } from '../observe/log-rule.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import type { AnswerHead } from './answer-head.ts';
import type { ErrorPages } from './error-pages.ts';
import type { ExchangeStart } from './exchange-start.ts';
import type { Identity } from './identity.ts';
import { NO_SINK } from './no-sink.ts';
import type { RequestHead } from './request-head.ts';
import { sentValue } from './sent-value.ts';
import type { FrontSink, Sink, SinkListener } from './sink.ts';
import { StandInSink } from './stand-in-sink.ts';
import type { WithheldNames } from './withheld-names.ts';

/** Whoever answers a request: told when the client can take more, and when the answer is over. */
export interface Answerer {
  onDrain(): void;
  /** Only now has the client's connection been given what was given to a sink in front of it: from here on the client can be slow. */
  onProgress(): void;
  onClose(): void;
}

const NONE: readonly string[] = [];
/** What is left of a body nobody wants is read and thrown away up to this size, to keep the connection. */
const DISCARDED_BYTES_MAX = 64 * 1024;

/** Changes the head of an answer, and may put a sink of its own in front of `exchange.sink`. Never throws. */
export type AnswerShaper = (exchange: Exchange, head: AnswerHead) => void;

/** Whoever must not be closed before the exchange has ended. */
export interface ExchangeOwner {
  /** The gateway's own answer is complete, but the client has not taken all of it. */
  onUnread(exchange: Exchange): void;
  onExchangeEnd(): void;
}

interface ExchangeInit extends ExchangeStart {
  /** Told once, when everything about the exchange is known. */
  readonly onEnd: (exchange: Exchange) => void;
}

/**
 * One request and its answer, from the first byte in to the last byte out. Every stage writes down here
 * what it found, in fields that all exist from the start, so that the hot path works on one object shape.
 */
export class Exchange implements AccessRecord, SinkListener {
  id = '';
  readonly startedAtMs: number;
  /** Monotonic; for durations. */
  readonly startedMs: number;
  readonly method: string;
  readonly url: string;
  readonly authority: string | null;
  scheme: 'http' | 'https';
  /** Came in over TLS at our own listener, whatever a trusted proxy says of the scheme. */
  readonly secure: boolean;
  readonly protocol: string;
  readonly tlsVersion: string;
  readonly head: RequestHead;
  /** The other end of the connection; '' on a unix socket. */
  readonly peerAddress: string;
  peerTrusted = false;
  readonly localPort: number;
  /** What the client has shown in the handshake; null where nobody asked, and over plain HTTP. */
  readonly client: ClientCertificate | null;
  clientAddress = '';
  host = '';
  hostPort: number | null = null;
  path = '';
  query = '';
  userAgent: string;
  referer: string;
  routeId = '';
  upstream = '';
  target = '';
  attempts = 0;
  status = 0;
  errorCode: ErrorCode | '' = '';
  errorDetail = '';
  /** Its place in a trace; null where it was refused before anything was known of it. */
  trace: Trace | null = null;
  /** Id of its trace; '' without. */
  traceId = '';
  bytesIn = 0;
  bytesOut = 0;
  totalMs = -1;
  /** Of the start of the last attempt; the times below count from the beginning of the exchange, too. */
  attemptMs = -1;
  connectMs = -1;
  headMs = -1;
  responseMs = -1;
  /** What the connection is to become: `websocket`; '' for an ordinary request. */
  upgrade = '';
  /** The client waits for 100 Continue before it sends its body. */
  expectContinue = false;
  /** The request's body; null where it has none. */
  body: Readable | null = null;
  /** Set by the listener right after construction. */
  sink: Sink = NO_SINK;
  answerer: Answerer | null = null;
  /** Told first when the exchange has ended: the generation that works on it. */
  owner: ExchangeOwner | null = null;
  /** Its connection, which remembers it while it is in work. */
  slot: { release(exchange: Exchange): void } | null = null;
  /** A gRPC answer has begun: how it comes out is told in its trailers. */
  grpcAnswer = false;
  /** Whether it is written down when it has ended. */
  accessLog: LogRule = LOG_ALL;
  answerHeaders: readonly string[] = NONE;
  /** Names and values in turn for the head that the upstream gets: what only we may say. */
  addedHeaders: readonly string[] = NONE;
  /** Request headers that the upstream does not get from the client, beside those that no upstream gets; null: none. */
  withheld: WithheldNames | null = null;
  /** Query parameters that were taken out of `query`, because they are secrets, by name. */
  secretQuery: ReadonlyMap<string, string> | null = null;
  /** Whom the policies of the route have recognised. */
  identity: Identity | null = null;
  /** The body may have so many bytes; more is answered with 413. */
  bodyBytesMax = Infinity;
  /** The last word of the route's policies on the head of the answer. */
  shaper: AnswerShaper | null = null;
  errorPages: ErrorPages | null = null;
  /** Where decisions of the route's policies are counted. */
  outcomes: RouteOutcomes | null = null;
  /** Values of the fields `RateLimit-Policy` and `RateLimit`: the client's limits, and what is left. '' where there are none to be told. */
  rateLimitPolicy = '';
  rateLimit = '';
  #endings: (() => void)[] | null = null;
  /** Sinks in front of the client's own, the nearest to it first. */
  #fronts: FrontSink[] | null = null;
  #ended = false;
  readonly #onEnd: (exchange: Exchange) => void;

  constructor(init: ExchangeInit) {
    this.startedAtMs = init.startedAtMs;
    this.startedMs = init.startedMs;
    this.method = init.method;
    this.url = init.url;
    this.authority = init.authority;
    this.secure = init.secure;
    this.scheme = init.secure ? 'https' : 'http';
    this.protocol = init.protocol;
    this.tlsVersion = init.tlsVersion;
    this.head = init.head;
    this.peerAddress = init.peerAddress;
    this.localPort = init.localPort;
    this.client = init.client ?? null;
    this.userAgent = init.head.userAgent;
    this.referer = init.head.referer;
    this.#onEnd = init.onEnd;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Writes down why the request failed; the first reason stays. */
  fail(code: ErrorCode, detail: string): void {
    if (this.errorCode !== '') return;
    this.errorCode = code;
    this.errorDetail = detail;
  }

  /**
   * Whether an answer given now must be the last one on its HTTP/1.1 connection: the request's body is still
   * coming, or was announced and may never come, and is too long to be read just to be thrown away. A body that
   * was too slow already is not waited for (RFC 9110 §15.5.9).
   */
  get leavesBodyUnread(): boolean {
    const { body, head } = this;
    if (body === null || body.readableEnded) return false;
    if ((this.expectContinue && this.bytesIn === 0) || this.errorCode === 'request_timeout') return true;
    return head.contentLength === -1 || head.contentLength - this.bytesIn > DISCARDED_BYTES_MAX;
  }

  /** Gives the client the head of its answer, once policies have put it in shape. They may put another sink in place, too. */
  sendHead(head: AnswerHead): void {
    this.shaper?.(this, head);
    this.answerHeaders = head.headers;
    const { sink } = this;
    sink.head(head.status, head.statusText, head.headers, head.contentLength, head.hasTrailers);
    if (head.body !== undefined) this.sink = new StandInSink(sink, this.method === 'HEAD' ? null : head.body);
  }

  /** What is answered from now on goes through `sink`, which passes it on to the one that was there. */
  putInFront(sink: FrontSink): void {
    this.sink = sink;
    (this.#fronts ??= []).push(sink);
  }

  /** A sink in front can take more again: whoever writes to it goes on. */
  drained(sink: FrontSink): void {
    const fronts = this.#fronts ?? [];
    (fronts[fronts.indexOf(sink) + 1] ?? this.answerer)?.onDrain();
  }

  /** A header for the upstream that only we may say; withhold its name from the client's side, or it is there twice. */
  tellUpstream(name: string, value: string): void {
    this.addedHeaders = [...this.addedHeaders, name, sentValue(value)];
  }

  /** Called once when the exchange has ended, however it did. Not to be thrown in. */
  whenEnded(then: () => void): void {
    if (this.#ended) then();
    else if (this.#endings === null) this.#endings = [then];
    else this.#endings.push(then);
  }

  /** Answers that the connection now speaks `protocol`; null where the client has gone. */
  upgradeTo(protocol: string, headers: string[]): Duplex | null {
    const head = { status: 101, statusText: '', headers, contentLength: -1, hasTrailers: false, isUpstreams: true };
    this.shaper?.(this, head);
    this.answerHeaders = head.headers;
    const stream = this.sink.upgrade(protocol, head.headers);
    if (stream === null) return null;
    // A tunnel may live for days; what has brought it about need not.
    this.sink = NO_SINK;
    this.answerer = null;
    return stream;
  }

  onDrain(): void {
    (this.#fronts?.[0] ?? this.answerer)?.onDrain();
  }

  /** @param complete the whole answer was handed to the client's connection. */
  onClose(complete: boolean): void {
    if (this.#ended) return;
    if (!complete) this.fail('client_closed', 'the client closed the connection');
    if (this.status === 0) this.status = this.errorCode === '' ? 0 : ERRORS[this.errorCode].status;
    this.answerer?.onClose();
    this.end();
  }

  /** The last word: called by the sink's close, or by a tunnel, which has no sink any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const then of this.#endings ?? []) then();
    this.owner?.onExchangeEnd();
    this.#onEnd(this);
    // Last, because the next request of the connection may begin in there.
    this.slot?.release(this);
  }
}
