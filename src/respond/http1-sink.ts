import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { writeAtEndOfTurn, type BatchedWriter } from '../lib/write-batch.ts';
import type { Sink, SinkListener } from '../exchange/sink.ts';

/** A client that sends nothing more for so long has seen that nobody wants it. */
const LINGER_MS = 1000;

/** A whole body of at most so many bytes is copied, to be one write with its head. */
const JOINED_BYTES_MAX = 12 * 1024;

/** An HTTP/1.x client. Framing towards it is `node:http`'s; what we add is when things are sent, and how they are cut. */
export class Http1Sink implements Sink, BatchedWriter {
  headSent = false;
  closed = false;
  bytesOut = 0;
  readonly #response: ServerResponse;
  #flushed = false;
  #ended = false;
  /** The whole body, which goes out with its head at the end of the turn. */
  #waiting: string | null = null;
  /** The end of the body is the end of the connection: cutting must not look like an end. */
  #closeDelimited = false;
  /** Taken over by a tunnel: the socket is not ours any more. */
  #detached = false;

  constructor(response: ServerResponse, listener: SinkListener) {
    this.#response = response;
    response.on('close', () => {
      if (this.closed || this.#detached) return;
      this.closed = true;
      listener.onClose(this.#ended && response.writableFinished);
    });
    response.on('drain', () => listener.onDrain());
    // An error of a response is always followed by its close, which is what counts.
    response.on('error', ignore);
  }

  get pending(): boolean {
    return this.#response.writableLength > 0;
  }

  get closesAfter(): boolean {
    return !this.#response.shouldKeepAlive;
  }

  informational(status: number, rawHeaders: string[]): void {
    if (this.closed || this.headSent || this.#response.req.httpVersionMinor === 0) return;
    this.#response.writeInformation(status, rawHeaders);
  }

  continue(): void {
    if (!this.closed && !this.headSent) this.#response.writeContinue();
  }

  head(status: number, statusText: string, rawHeaders: string[], contentLength: number): void {
    if (this.closed || this.headSent) return;
    const response = this.#response;
    this.#closeDelimited = contentLength === -1 && response.req.httpVersionMinor === 0;
    if (statusText === '') response.writeHead(status, rawHeaders);
    else response.writeHead(status, statusText, rawHeaders);
    this.headSent = true;
  }

  write(chunk: Buffer): boolean {
    if (this.closed) return true;
    this.bytesOut += chunk.length;
    this.#flushed = true;
    const socket = this.#response.socket;
    if (socket === null) return this.#response.write(chunk);
    // Node would cork until the next tick; we need to know now whether the bytes have left the buffer.
    socket.cork();
    const more = this.#response.write(chunk);
    socket.uncork();
    return more;
  }

  end(chunk: Buffer | null, rawTrailers: string[]): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    if (rawTrailers.length > 0) this.#response.addTrailers(pairs(rawTrailers));
    const length = chunk?.length ?? 0;
    this.bytesOut += length;
    if (this.#flushed || length > JOINED_BYTES_MAX || rawTrailers.length > 0) {
      this.#response.end(chunk);
      return;
    }
    // Node joins a head with a string into one write, and with a buffer into two that it hands over together.
    this.#waiting = chunk?.toString('latin1') ?? '';
    writeAtEndOfTurn(this);
  }

  writeBatched(): void {
    const body = this.#waiting;
    this.#waiting = null;
    if (body !== null && !this.closed) this.#response.end(body, 'latin1');
  }

  flush(): void {
    this.writeBatched();
    if (this.#flushed || this.closed || this.#ended || !this.headSent) return;
    this.#flushed = true;
    this.#response.flushHeaders();
  }

  abort(): void {
    if (this.closed) return;
    const socket = this.#response.socket;
    // A FIN would end a close-delimited body as if it were whole (RFC 9112 §8); a reset does not. In TLS it is
    // the missing close_notify that tells (RFC 8446 §6.1).
    if (this.#closeDelimited && this.headSent && socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    else this.#response.destroy();
  }

  closeAfter(unread = false): void {
    // What the head has promised is kept: the client may have sent its next request already.
    if (this.headSent) return;
    this.#response.shouldKeepAlive = false;
    const { socket } = this.#response;
    if (unread && socket !== null) lingerAtEnd(socket);
  }

  upgrade(protocol: string, rawHeaders: string[]): Duplex | null {
    const { socket } = this.#response;
    if (this.closed || this.headSent || socket === null) return null;
    this.#detached = true;
    this.headSent = true;
    this.#response.detachSocket(socket);
    let head = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
    for (let i = 0; i < rawHeaders.length; i += 2) head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
    return socket;
  }
}

/**
 * To close with bytes unread is to reset, and a reset takes the answer from a client that has not read it yet
 * (RFC 9112 §9.6). So at the end only our direction ends; what still comes is thrown away until the client
 * has had enough, pauses, or has used up the time for its request.
 */
function lingerAtEnd(socket: Socket): void {
  socket.destroySoon = () => {
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.end();
    socket.resume();
  };
}

function pairs(raw: string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) list.push([raw[i]!, raw[i + 1]!]);
  return list;
}

function ignore(): void {}
