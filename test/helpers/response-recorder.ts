import type { ResponseHead } from '../../src/upstream/response-head.ts';
import type { ResponseLimits } from '../../src/upstream/response-limits.ts';
import { RESPONSE_LIMITS, ResponseParser, type ResponseHandler } from '../../src/upstream/response-parser.ts';

/** A head as any client can report it. */
export interface RecordedHead {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: readonly string[];
}

/** What a client made of the bytes of one connection. */
export interface RecordedResponse {
  readonly informational: readonly RecordedHead[];
  readonly head: RecordedHead | null;
  /** latin1. */
  readonly body: string;
  readonly trailers: readonly string[];
  readonly outcome: 'complete' | 'upgraded' | 'cut' | 'refused';
  /** Why it was refused or cut, '' otherwise. */
  readonly reason: string;
  /** What followed the response or the 101, latin1. */
  readonly rest: string;
}

export interface ParseOptions {
  readonly method?: string;
  readonly upgradeRequested?: boolean;
  readonly limits?: Partial<ResponseLimits>;
  /** Sizes of the reads; the last one takes what is left. Default: one read. */
  readonly readSizes?: readonly number[];
  /** What stands in the read buffer around the bytes of a read: nothing may depend on it. */
  readonly surroundings?: string;
}

/** Keeps what a parser reports, and what it must never do. */
export class ResponseRecorder implements ResponseHandler {
  readonly informational: ResponseHead[] = [];
  readonly heads: ResponseHead[] = [];
  readonly trailers: string[] = [];
  body = '';
  bodyCalls = 0;
  completions = 0;
  rangeStart = 0;
  rangeEnd = Infinity;

  onInformational(head: ResponseHead): void {
    this.informational.push(head);
  }

  onHead(head: ResponseHead): void {
    this.heads.push(head);
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    if (start < this.rangeStart || end > this.rangeEnd || start >= end) throw new Error(`body range ${start}-${end}`);
    if (this.heads.length !== 1 || this.completions > 0) throw new Error('body out of turn');
    this.bodyCalls++;
    this.body += buffer.toString('latin1', start, end);
  }

  onTrailers(rawTrailers: string[]): void {
    if (this.heads.length !== 1 || this.completions > 0) throw new Error('trailers out of turn');
    this.trailers.push(...rawTrailers);
  }

  onComplete(): void {
    if (this.heads.length !== 1 || this.completions > 0) throw new Error('complete out of turn');
    this.completions++;
  }
}

/** The bytes of one connection, from its first to its end, as ResponseParser takes them. */
export function parseResponse(bytes: Buffer, options: ParseOptions = {}): RecordedResponse {
  const recorder = new ResponseRecorder();
  const parser = new ResponseParser(recorder, { ...RESPONSE_LIMITS, ...options.limits });
  parser.begin(options.method ?? 'GET', options.upgradeRequested ?? false);
  const used = feed(parser, recorder, bytes, options);
  const [head = null] = recorder.heads;
  const record = (outcome: RecordedResponse['outcome'], reason = ''): RecordedResponse => ({
    informational: recorder.informational.map(plainHead),
    head: head === null ? null : plainHead(head),
    body: recorder.body,
    trailers: recorder.trailers,
    outcome,
    reason,
    rest: outcome === 'complete' || outcome === 'upgraded' ? bytes.toString('latin1', used) : '',
  });
  if (used < 0) return record('refused', String(parser.fault));
  if (head?.upgrade === true) return record('upgraded');
  const end = parser.finish();
  if (end === null && recorder.completions !== 1) throw new Error('finished without onComplete');
  return end === null ? record('complete') : record('cut', end);
}

/** Lets every read lie in one buffer that is written over at once, as the client does. */
function feed(parser: ResponseParser, recorder: ResponseRecorder, bytes: Buffer, options: ParseOptions): number {
  const margin = 8;
  const read = Buffer.alloc(bytes.length + 2 * margin);
  const sizes = options.readSizes ?? [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.min(sizes[turn] ?? bytes.length, bytes.length - at);
    read.fill(options.surroundings ?? '\r\n\r\n', 'latin1');
    bytes.copy(read, margin, at, at + size);
    recorder.rangeStart = margin;
    recorder.rangeEnd = margin + size;
    const used = parser.execute(read, margin, margin + size);
    if (used < 0) return -1;
    if (used > size) throw new Error(`${used} bytes used of ${size}`);
    at += used;
    if (used < size) break;
  }
  return at;
}

function plainHead(head: RecordedHead): RecordedHead {
  return { status: head.status, statusText: head.statusText, rawHeaders: head.rawHeaders };
}
