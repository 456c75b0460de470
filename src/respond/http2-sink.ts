import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Sink, SinkListener } from '../exchange/sink.ts';

const NO_TRAILERS: string[] = [];
/** An error makes Node reset the stream with INTERNAL_ERROR. */
const BROKEN_OFF = new Error('the answer was broken off');

/** The connection of a stream. */
export interface StreamOwner {
  /** Once for each stream, also for one that has become a tunnel. */
  streamClosed(): void;
}

const SINK = Symbol('sink');

interface OwnedStream extends ServerHttp2Stream {
  [SINK]?: Http2Sink | null;
}

/** An HTTP/2 stream, through the core API of `node:http2`. The head waits for the first write or the end, to go out with it. */
export class Http2Sink implements Sink {
  headSent = false;
  closed = false;
  /** HTTP/2 connections are closed by GOAWAY, not by an answer. */
  readonly closesAfter = false;
  bytesOut = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #owner: StreamOwner;
  #listener: SinkListener | null;
  #rawHead: string[] | null = null;
  #headIsSent = false;
  #hasTrailers = false;
  #rawTrailers = NO_TRAILERS;
  #ended = false;

  constructor(stream: ServerHttp2Stream, owner: StreamOwner, listener: SinkListener) {
    this.#stream = stream;
    this.#owner = owner;
    this.#listener = listener;
    (stream as OwnedStream)[SINK] = this;
    stream.on('close', onClose);
    stream.on('drain', onDrain);
    // Unheard, it would end the process. The close that follows is what counts.
    stream.on('error', ignore);
  }

  get pending(): boolean {
    return this.#stream.writableLength > 0;
  }

  informational(status: number, rawHeaders: string[]): void {
    if (this.#dead() || this.headSent || status === 101) return;
    this.#stream.additionalHeaders({ ':status': status, ...fieldMap(rawHeaders) });
  }

  continue(): void {
    if (!this.#dead() && !this.headSent) this.#stream.additionalHeaders({ ':status': 100 });
  }

  head(status: number, _statusText: string, rawHeaders: string[], _contentLength: number, hasTrailers: boolean): void {
    if (this.#dead() || this.headSent) return;
    this.headSent = true;
    this.#hasTrailers = hasTrailers;
    const raw = [':status', String(status)];
    for (let i = 0; i < rawHeaders.length; i += 2) raw.push(rawHeaders[i]!.toLowerCase(), rawHeaders[i + 1]!);
    this.#rawHead = raw;
  }

  write(chunk: Buffer): boolean {
    if (this.#dead()) return true;
    this.#sendHead(false);
    this.bytesOut += chunk.length;
    return this.#stream.write(chunk);
  }

  end(chunk: Buffer | null, rawTrailers: string[]): void {
    if (this.#dead() || this.#ended) return;
    this.#ended = true;
    this.#rawTrailers = rawTrailers;
    this.#sendHead(chunk === null && !this.#hasTrailers);
    if (!this.#hasTrailers && this.#leavesBody()) this.#stream.once('finish', () => this.#closeUnread());
    if (chunk === null) {
      this.#stream.end();
      return;
    }
    this.bytesOut += chunk.length;
    this.#stream.end(chunk);
  }

  flush(): void {
    if (!this.#dead()) this.#sendHead(false);
  }

  abort(): void {
    // Closing the stream would first end its writing, and that can reach the client as the end of the answer.
    if (!this.#dead()) this.#stream.destroy(BROKEN_OFF);
  }

  upgrade(_protocol: string, rawHeaders: string[]): Duplex | null {
    if (this.#dead() || this.headSent) return null;
    this.head(200, '', withoutAccept(rawHeaders), -1, false);
    this.#sendHead(false);
    this.closed = true;
    this.#listener = null;
    return this.#stream;
  }

  /** HTTP/2 connections are closed by GOAWAY, not by an answer. */
  closeAfter(): void {}

  /**
   * What is over must not be reached from the stream: Node's table of streams is made anew every dozen requests, and V8's
   * quick collections take what an old one still names for alive. All of the request would move to the old generation.
   */
  onClose(): void {
    const listener = this.#listener;
    this.closed = true;
    this.#listener = null;
    (this.#stream as OwnedStream)[SINK] = null;
    if (this.#rawHead !== null) this.#rawHead.length = 0;
    this.#owner.streamClosed();
    listener?.onClose(this.#ended && this.#stream.rstCode === constants.NGHTTP2_NO_ERROR);
  }

  onDrain(): void {
    this.#listener?.onDrain();
  }

  #sendHead(endStream: boolean): void {
    const head = this.#rawHead;
    if (head === null || this.#headIsSent) return;
    this.#headIsSent = true;
    if (this.#hasTrailers) {
      this.#stream.once('wantTrailers', () => this.#sendTrailers());
    }
    this.#stream.respond(head, { endStream, waitForTrailers: this.#hasTrailers });
  }

  #sendTrailers(): void {
    if (this.#dead()) return;
    this.#stream.sendTrailers(fieldMap(this.#rawTrailers));
    // Node sends them in an immediate of its own, which comes before this one.
    if (this.#leavesBody()) setImmediate(() => this.#closeUnread());
  }

  #leavesBody(): boolean {
    return !this.#stream.endAfterHeaders && !this.#stream.readableEnded;
  }

  /** A request body nobody will read any more would keep the stream open for as long as the client likes (RFC 9113 §8.1). */
  #closeUnread(): void {
    this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #dead(): boolean {
    return this.closed || this.#stream.destroyed || this.#stream.closed;
  }
}

/** Lower-case names, each with its values in order, as Node's HTTP/2 wants all fields but those of a head. */
function fieldMap(raw: string[]): Record<string, string[]> {
  const map = new Map<string, string[]>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const values = map.get(name);
    if (values === undefined) map.set(name, [raw[i + 1]!]);
    else values.push(raw[i + 1]!);
  }
  return Object.fromEntries(map);
}

/** The proof of the HTTP/1.1 handshake has no meaning in HTTP/2 (RFC 8441 §5). */
function withoutAccept(raw: string[]): string[] {
  const at = raw.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'sec-websocket-accept');
  return at === -1 ? raw : [...raw.slice(0, at), ...raw.slice(at + 2)];
}

function onClose(this: OwnedStream): void {
  this[SINK]?.onClose();
}

function onDrain(this: OwnedStream): void {
  this[SINK]?.onDrain();
}

function ignore(): void {}
