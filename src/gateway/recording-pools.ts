import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { DialAddress } from '../upstream/dial.ts';
import { h2RequestHead } from '../upstream/h2-request.ts';
import type { PoolRegistry } from '../upstream/pool-registry.ts';
import { type RequestLine, requestHead } from '../upstream/request-writer.ts';
import type { ResponseHead } from '../upstream/response-head.ts';
import type { CallUser, UpstreamCall, UpstreamPool } from '../upstream/upstream-call.ts';

/** The head of a request as an upstream would have got it. */
export interface SentHead {
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
  readonly secure: boolean;
  /** `GET /users?page=2 HTTP/1.1`; over HTTP/2 the same from its pseudo-headers. */
  readonly line: string;
  /** Names and values in the order in which they are sent; pseudo-headers but `:authority`, as `Host`, are in `line`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Says of itself what many servers say, so that it is seen whether that is kept from clients. */
const ANSWER: readonly string[] = ['Server', 'upstream', 'X-Powered-By', 'upstream'];

/** Stands where connections to upstreams are kept: what would be sent is written down, and answered with an empty 200. */
export class RecordingPools implements Pick<PoolRegistry, 'take'> {
  /** Names that the answer of the upstream has. */
  static readonly answered: readonly string[] = ANSWER.filter((_, i) => i % 2 === 0);
  readonly #real: PoolRegistry;
  #sent: SentHead | null = null;

  /** @param real tells what does not need a connection. */
  constructor(real: PoolRegistry) {
    this.#real = real;
  }

  /** What was sent last; null: nothing. */
  get sent(): SentHead | null {
    return this.#sent;
  }

  take(upstream: UpstreamConfig, to: DialAddress): { readonly pool: UpstreamPool; readonly release: () => void } {
    const { pool, release } = this.#real.take(upstream, to);
    const isH2 = upstream.protocol === 'h2';
    const call = (user: CallUser): UpstreamCall => new RecordingCall(user, (exchange, line) => {
      this.#sent = isH2 ? sentOverHttp2(h2RequestHead(exchange, line, to.secure), to.secure) : sentOverHttp1(requestHead(exchange, line), to.secure);
    });
    return { pool: { keepsAlive: pool.keepsAlive, call, close: () => pool.close() }, release };
  }
}

class RecordingCall implements UpstreamCall {
  readonly ready = true;
  readonly reused = false;
  readonly answerStarted = false;
  readonly unprocessed = false;
  readonly allWritten = false;
  readonly buffer = { lend: (_borrower: unknown, piece: Buffer): Buffer => piece };
  readonly #user: CallUser;
  readonly #record: (exchange: Exchange, line: RequestLine) => void;
  #isOver = false;

  constructor(user: CallUser, record: (exchange: Exchange, line: RequestLine) => void) {
    this.#user = user;
    this.#record = record;
  }

  send(exchange: Exchange, line: RequestLine): void {
    this.#record(exchange, line);
    // A user is never told of an answer from within a method that it has called.
    queueMicrotask(() => this.#answer());
  }

  write(): boolean {
    return true;
  }

  endBody(): void {}
  end(): void {}
  pause(): void {}
  resume(): void {}
  handOver(): void {}

  release(): void {
    this.#isOver = true;
  }

  destroy(): void {
    this.#isOver = true;
  }

  #answer(): void {
    if (this.#isOver) return;
    this.#user.onHead(emptyAnswer());
    if (this.#isOver) return;
    this.#user.onComplete();
    this.#user.onReadEnd();
  }
}

function emptyAnswer(): ResponseHead {
  return {
    status: 200, statusText: '', minorVersion: 1, rawHeaders: [...ANSWER, 'Content-Length', '0'], contentLength: 0, chunked: false, framing: 'length', keepAlive: true,
    upgrade: false, upgradeTo: '', contentType: '', eventStream: false, connectionTokens: [], hasDate: false, hasServer: true,
  };
}

function sentOverHttp1(head: string, secure: boolean): SentHead {
  const [line = '', ...fields] = head.trimEnd().split('\r\n');
  const headers = fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)] as const);
  return { protocol: 'HTTP/1.1', secure, line, headers };
}

function sentOverHttp2(fields: readonly string[], secure: boolean): SentHead {
  const headers: (readonly [string, string])[] = [];
  const pseudo = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) {
    const [name, value] = [fields[i] ?? '', fields[i + 1] ?? ''];
    if (name.startsWith(':') && name !== ':authority') pseudo.set(name, value);
    else headers.push([name === ':authority' ? 'Host' : name, value]);
  }
  const kind = pseudo.has(':protocol') ? ` (${pseudo.get(':protocol') ?? ''})` : '';
  return { protocol: 'HTTP/2', secure, line: `${pseudo.get(':method') ?? ''}${kind} ${pseudo.get(':path') ?? ''} HTTP/2`, headers };
}
