import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { endToEndHeaders } from '../respond/response-headers.ts';
import type { Phase } from './phase.ts';
import { RequestBodyPump, type BodyListener } from './request-body.ts';
import type { ResponseHead } from './response-head.ts';
import type { BodyFault, ClientBody } from './client-body.ts';
import type { Member } from './member.ts';
import type { RequestLine } from './request-writer.ts';
import type { CallUser, UpstreamCall } from './upstream-call.ts';

/** What an attempt asks of, and reports to, the request it is part of. */
export interface AttemptOwner {
  readonly exchange: Exchange;
  /** Null where the request has none. */
  readonly body: ClientBody | null;
  /** On a gRPC call both sides may keep silent for as long as a stream may. */
  readonly isGrpc: boolean;
  onConnected(attempt: Attempt): void;
  /** Now waiting for this; moves the deadline. */
  wait(attempt: Attempt, phase: Phase): void;
  /** @returns false to refuse the answer, having dealt with it. */
  acceptHead(attempt: Attempt, head: ResponseHead): boolean;
  /** Response headers to add; null: none. */
  extraHeaders(attempt: Attempt): readonly string[] | null;
  onUpgraded(attempt: Attempt, head: ResponseHead): void;
  onDone(attempt: Attempt): void;
  onFailed(attempt: Attempt, code: ErrorCode, detail: string): void;
}

const NONE: string[] = [];

/** One request to one member: sends it, and passes the answer on to the client as it arrives. */
export class Attempt implements CallUser, BodyListener {
  readonly member: Member;
  readonly call: UpstreamCall;
  readonly line: RequestLine;
  /** Its connection had served a request before this one. */
  readonly reused: boolean;
  /** Monotonic. */
  readonly startedMs: number;
  /** Its outcome has been reported. */
  settled = false;
  phase: Phase = 'connect';
  headReceived = false;
  readonly #owner: AttemptOwner;
  /** What the body of the answer is waited for as. */
  #answerPhase: 'body' | 'stream' = 'body';
  #pump: RequestBodyPump | null = null;
  #sent = false;
  #complete = false;
  /** Body bytes of the read in work, not yet written: the last ones of an answer go out together with its end. */
  #held: Buffer | null = null;
  #trailers = NONE;

  constructor(owner: AttemptOwner, member: Member, line: RequestLine, fresh: boolean, startedMs: number) {
    this.#owner = owner;
    this.member = member;
    this.startedMs = startedMs;
    this.line = line;
    this.call = member.pool.call(this, fresh);
    this.reused = this.call.reused;
  }

  /** Nothing that the upstream could have acted upon twice has happened. */
  get nothingSent(): boolean {
    return !this.#sent || this.call.unprocessed;
  }

  get answerStarted(): boolean {
    return this.call.answerStarted && this.#sent;
  }

  start(): void {
    if (this.call.ready) this.#send();
    else this.#owner.wait(this, 'connect');
  }

  /** Ends the attempt without a word to the upstream: the client went away, or time is up. */
  cancel(): void {
    this.#pump?.stop();
    this.call.destroy();
  }

  /** The client can take more of the answer. */
  onClientDrain(): void {
    this.#owner.wait(this, this.#answerPhase);
    this.call.resume();
  }

  onConnected(): void {
    this.#owner.onConnected(this);
    this.#send();
  }

  onWritable(): void {
    if (this.#pump === null || this.#pump.finished) return;
    this.#onActivity(false);
    this.#pump.resume();
  }

  onInformational(head: ResponseHead): void {
    const { exchange } = this.#owner;
    if (head.status !== 100) exchange.sink.informational(head.status, endToEndHeaders(head.rawHeaders, head.connectionTokens, false));
    else if (exchange.expectContinue) this.continueBody();
  }

  onHead(head: ResponseHead): void {
    this.headReceived = true;
    const { exchange } = this.#owner;
    if (head.upgrade) {
      if (isAmong(head.upgradeTo, exchange.upgrade)) this.#owner.onUpgraded(this, head);
      else this.#refuseUpgrade(head.upgradeTo);
      return;
    }
    if (!this.#owner.acceptHead(this, head)) return;
    if (head.eventStream || this.#owner.isGrpc) this.#answerPhase = 'stream';
    exchange.status = head.status;
    // The answer came before the whole request was read (RFC 9112 §9.3).
    if (exchange.leavesBodyUnread) exchange.sink.closeAfter(true);
    const mayHaveTrailers = allowsTrailers(head, exchange);
    exchange.grpcAnswer = this.#owner.isGrpc && mayHaveTrailers && exchange.protocol === 'HTTP/2';
    const headers = endToEndHeaders(head.rawHeaders, head.connectionTokens, mayHaveTrailers);
    headers.push(...(this.#owner.extraHeaders(this) ?? NONE));
    exchange.sendHead({ status: head.status, statusText: head.statusText, headers, contentLength: head.contentLength, hasTrailers: mayHaveTrailers, isUpstreams: true });
    this.#owner.wait(this, this.#answerPhase);
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    if (this.#held !== null) this.#writeHeld();
    this.#held = buffer.subarray(start, end);
  }

  onTrailers(rawTrailers: string[]): void {
    this.#trailers = rawTrailers;
  }

  onComplete(): void {
    const { sink } = this.#owner.exchange;
    sink.end(this.#held === null ? null : this.call.buffer.lend(sink, this.#held), this.#trailers);
    this.#held = null;
    this.#complete = true;
  }

  onReadEnd(): void {
    if (this.#complete) {
      this.#release();
      this.#owner.onDone(this);
    } else if (this.#held !== null) this.#writeHeld();
    else if (this.headReceived) this.#owner.exchange.sink.flush();
  }

  onTunnelBytes(): void {}

  onTunnelEnd(): void {}

  onFailure(code: ErrorCode, detail: string): void {
    this.#pump?.stop();
    if (this.#complete) {
      this.#owner.onDone(this);
      return;
    }
    if (this.#held !== null) this.#writeHeld();
    this.#owner.onFailed(this, code, detail);
  }

  onBodyProgress(blocked: boolean): void {
    this.#onActivity(blocked);
  }

  onBodySent(): void {
    if (!this.headReceived) this.#owner.wait(this, 'head');
  }

  onBodyBroken({ code, detail }: BodyFault): void {
    this.cancel();
    this.#owner.onFailed(this, code, detail);
  }

  /** The upstream wants the body, or has been silent for long enough: the client may send it. */
  continueBody(): void {
    const { exchange } = this.#owner;
    if (this.#pump === null || this.#pump.started) return;
    exchange.sink.continue();
    this.#startBody(this.#pump);
  }

  #send(): void {
    const { exchange, body } = this.#owner;
    this.#sent = true;
    this.call.send(exchange, this.line);
    if (body === null) {
      this.#owner.wait(this, 'head');
      return;
    }
    this.#pump = new RequestBodyPump(body, this.call, this);
    if (exchange.expectContinue && !body.requested) this.#owner.wait(this, 'continue');
    else this.#startBody(this.#pump);
  }

  /** Bytes of the request went on. Once the answer has begun they keep it alive, unless the client does not read it. */
  #onActivity(blocked: boolean): void {
    if (!this.headReceived) this.#owner.wait(this, blocked ? 'upstream-reads' : this.#owner.isGrpc ? 'stream' : 'client-body');
    else if (this.phase !== 'client-reads') this.#owner.wait(this, this.#answerPhase);
  }

  #startBody(pump: RequestBodyPump): void {
    this.#onActivity(false);
    pump.start();
  }

  #refuseUpgrade(protocol: string): void {
    this.cancel();
    this.#owner.onFailed(this, 'upstream_bad_response', `101 to "${protocol}", which nobody asked for`);
  }

  #writeHeld(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    const { sink } = this.#owner.exchange;
    if (sink.write(this.call.buffer.lend(sink, held))) {
      if (!sink.closed) this.#owner.wait(this, this.#answerPhase);
      return;
    }
    this.call.pause();
    this.#owner.wait(this, 'client-reads');
  }

  /** Keeps the call's connection only where both sides have said all they had to say on it. */
  #release(): void {
    if (this.#pump !== null && !this.#pump.finished) {
      this.#owner.body?.discard();
      this.call.destroy();
    } else {
      this.call.release();
    }
  }
}

/** Over HTTP/1.1 they follow chunks alone (RFC 9112 §7.1.2). */
function allowsTrailers({ framing, contentLength }: ResponseHead, { protocol }: Exchange): boolean {
  return framing === 'chunked' && (protocol === 'HTTP/2' || (protocol === 'HTTP/1.1' && contentLength === -1));
}

/** Whether every protocol of the 101 is one that the client offered (RFC 9110 §7.8); names have no case. */
function isAmong(chosen: string, offered: string): boolean {
  const names = new Set(offered.split(',').map((name) => name.trim()));
  return chosen.toLowerCase().split(',').every((name) => names.has(name.trim()));
}
