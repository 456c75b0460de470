import type { Agent as PlainAgent, ClientRequest, IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import { type Deadlines, Watched } from '../../lib/deadlines.ts';
import { Agent, request as httpRequest } from '../../lib/node-http.ts';

const BODY_BYTES_MAX = 64 * 1024;
const CONNECTIONS_MAX = 256;
const IDLE_CONNECTIONS_MAX = 32;

/** What the service has said. */
export interface AuthAnswer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** A service that is asked over connections it keeps open. */
export class AuthService {
  readonly url: URL;
  readonly #agent: PlainAgent;
  readonly #deadlines: Deadlines;

  constructor(url: string, deadlines: Deadlines) {
    this.url = new URL(url);
    const options = { keepAlive: true, maxSockets: CONNECTIONS_MAX, maxFreeSockets: IDLE_CONNECTIONS_MAX, scheduling: 'lifo' } as const;
    this.#agent = this.url.protocol === 'https:' ? new SecureAgent(options) : new Agent(options);
    this.#deadlines = deadlines;
  }

  /**
   * @param onLeave calls the function when nobody wants the answer any more.
   * @throws Error in words: no connection, no answer in time, an answer too long
   */
  async ask(headers: string[], timeoutMs: number, onLeave: (left: () => void) => void): Promise<AuthAnswer> {
    const call = new AuthCall(this.url, this.#agent, headers, this.#deadlines);
    onLeave(() => call.cancel(new Error('the client has gone')));
    return call.run(timeoutMs);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** One question. */
class AuthCall extends Watched {
  readonly #url: URL;
  readonly #agent: PlainAgent;
  readonly #headers: string[];
  readonly #deadlines: Deadlines;
  readonly #outcome = Promise.withResolvers<AuthAnswer>();
  #request: ClientRequest | null = null;
  #isOver = false;

  constructor(url: URL, agent: PlainAgent, headers: string[], deadlines: Deadlines) {
    super();
    this.#url = url;
    this.#agent = agent;
    this.#headers = headers;
    this.#deadlines = deadlines;
  }

  async run(timeoutMs: number): Promise<AuthAnswer> {
    if (!this.#isOver) {
      this.deadlineMs = this.#deadlines.after(timeoutMs);
      this.#deadlines.add(this);
      this.#send(true);
    }
    return this.#outcome.promise;
  }

  override onDeadline(): void {
    this.cancel(new Error('it did not answer in time'));
  }

  cancel(error: Error): void {
    if (!this.#end()) return;
    this.#outcome.reject(error);
    this.#request?.destroy();
  }

  /** @param mayRepeat where an idle connection turns out to be closed, which is no fault of the service. */
  #send(mayRepeat: boolean): void {
    let outgoing: ClientRequest;
    try {
      const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      outgoing = send(this.#url, { method: 'GET', headers: this.#headers, agent: this.#agent });
    } catch (error) {
      // A character that Node sends in no header.
      this.cancel(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#request = outgoing;
    outgoing.on('response', (response) => this.#receive(response));
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.cancel(new Error('it answered with 101'));
    });
    outgoing.on('error', (error) => {
      const isStale = mayRepeat && outgoing.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (isStale && !this.#isOver) this.#send(false);
      else this.cancel(error);
    });
    outgoing.end();
  }

  #receive(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) this.cancel(new Error(`its answer has more than ${BODY_BYTES_MAX / 1024} KB`));
      else chunks.push(chunk);
    });
    response.on('error', (error) => this.cancel(error));
    response.on('end', () => {
      if (!this.#end()) return;
      this.#outcome.resolve({ status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body: Buffer.concat(chunks) });
    });
  }

  /** @returns whether it was not over before. */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#deadlines.remove(this);
    return true;
  }
}
