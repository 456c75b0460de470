import net from 'node:net';
import tls from 'node:tls';
import { takeResponse, type RawResponse } from './raw-response.ts';

export interface RawClientOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Given: the connection is TLS with these options; `true` is TLS without verification. */
  readonly tls?: tls.ConnectionOptions | true;
}

const TIMEOUT_MS = 5000;

/**
 * A client that says exactly the bytes it is told to and waits, with a bound, for what comes back.
 * What was received and not yet taken stays in a buffer, so reads may follow one another.
 * Every read rejects with what had been received when the time (default 5000 ms) is over or the
 * connection has closed.
 */
export class RawClient {
  readonly socket: net.Socket;
  /** Resolves when the connection is closed from whichever side; never rejects. */
  readonly closed: Promise<void>;
  /** The socket error that ended the connection, if one did (`ECONNRESET`, a TLS alert). */
  error: NodeJS.ErrnoException | null = null;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #notify: () => void = () => {};

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#notify();
    });
    socket.on('end', () => this.#finish());
    socket.on('error', (error) => {
      this.error = error;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#finish();
        resolve();
      });
    });
  }

  /** Rejects with the socket's error where the connection or the TLS handshake fails. */
  static async connect(options: RawClientOptions): Promise<RawClient> {
    const address = { host: options.host ?? '127.0.0.1', port: options.port };
    const secure = options.tls === true ? { rejectUnauthorized: false } : options.tls;
    const socket = secure === undefined ? net.connect(address) : tls.connect({ ...address, ...secure });
    const client = new RawClient(socket);
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once(secure === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** The same for a connection that is there already: the other side of a client, in an upstream made by hand. */
  static over(socket: net.Socket): RawClient {
    return new RawClient(socket);
  }

  /** What has been received and not yet been taken by a read. */
  get received(): Buffer {
    return this.#received;
  }

  /** Text is sent as Latin-1: one character, one byte. */
  write(data: string | Buffer): this {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }

  /** Half-closes: says that nothing more will be sent. */
  end(): this {
    this.socket.end();
    return this;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }

  /**
   * Waits for a text and takes everything up to its end, or for a predicate on all that was received
   * and takes all. Returns Latin-1 text.
   */
  async readUntil(wanted: string | ((received: Buffer) => boolean), timeoutMs: number = TIMEOUT_MS): Promise<string> {
    const end = (): number => {
      if (typeof wanted === 'function') return wanted(this.#received) ? this.#received.length : -1;
      const at = this.#received.indexOf(wanted, 0, 'latin1');
      return at < 0 ? -1 : at + wanted.length;
    };
    return this.#take(`until ${typeof wanted === 'string' ? JSON.stringify(wanted) : 'the condition'}`, timeoutMs, () => {
      const length = end();
      if (length < 0) return null;
      const text = this.#received.toString('latin1', 0, length);
      this.#received = this.#received.subarray(length);
      return text;
    });
  }

  /** Takes all that comes until the other side has ended or cut the connection. */
  async readToEnd(timeoutMs: number = TIMEOUT_MS): Promise<string> {
    return this.#take('to the end', timeoutMs, () => {
      if (!this.#ended) return null;
      const text = this.#received.toString('latin1');
      this.#received = Buffer.alloc(0);
      return text;
    });
  }

  /**
   * Takes one answer and leaves what follows it for the next read, so it can be called again for each
   * answer of a pipeline. An interim answer (1xx) is an answer of its own. Name the request's method
   * where it was HEAD or CONNECT, whose answers have no body.
   */
  async readResponse(options: { readonly method?: string; readonly timeoutMs?: number } = {}): Promise<RawResponse> {
    return this.#take('a response', options.timeoutMs ?? TIMEOUT_MS, () => {
      const taken = takeResponse(this.#received, this.#ended, options.method ?? 'GET');
      if (taken === null) return null;
      this.#received = this.#received.subarray(taken.bytes);
      return taken.response;
    });
  }

  #finish(): void {
    this.#ended = true;
    this.#notify();
  }

  async #take<T>(what: string, timeoutMs: number, take: () => T | null): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#notify = () => {};
      };
      const give = (why: string): void => {
        settle();
        const got = JSON.stringify(this.#received.toString('latin1', 0, 2000));
        reject(new Error(`read ${what}: ${why}; received ${got}`, { cause: this.error }));
      };
      const check = (): void => {
        try {
          const value = take();
          if (value !== null) {
            settle();
            resolve(value);
          } else if (this.#ended) give('the connection has ended');
        } catch (error) {
          give(String(error));
        }
      };
      const timer = setTimeout(give, timeoutMs, `nothing more within ${timeoutMs} ms`);
      this.#notify = check;
      check();
    });
  }
}
