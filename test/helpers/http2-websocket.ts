import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { eventually } from './wait-for.ts';

export const OPCODE = { text: 1, binary: 2, close: 8 } as const;
const FINAL = 0x80;
const MASKED = 0x80;
const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

export interface WebSocketFrame {
  readonly opcode: number;
  /** RSV1: the payload is compressed (RFC 7692). */
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/** A WebSocket over one HTTP/2 stream (RFC 8441), as browsers open it: frames by hand, no opinions. */
export class Http2WebSocket {
  readonly stream: ClientHttp2Stream;
  readonly head: IncomingHttpHeaders;
  readonly #frames: WebSocketFrame[] = [];
  #received: Buffer = Buffer.alloc(0);

  private constructor(stream: ClientHttp2Stream, head: IncomingHttpHeaders) {
    this.stream = stream;
    this.head = head;
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** Whatever the answer is: its status is in `head`. */
  static async open(session: ClientHttp2Session, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Http2WebSocket> {
    if (!session.remoteSettings.enableConnectProtocol) await once(session, 'remoteSettings');
    const stream = session.request({
      ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, 'sec-websocket-version': '13', ...headers,
    }, { endStream: false });
    const [head] = await once(stream, 'response') as [IncomingHttpHeaders];
    return new Http2WebSocket(stream, head);
  }

  /** One final, masked frame. */
  send(opcode: number, payload: Buffer | string): void {
    const bytes = Buffer.from(payload);
    const length = bytes.length < 126 ? Buffer.from([MASKED | bytes.length]) : Buffer.from([MASKED | 126, bytes.length >> 8, bytes.length & 0xff]);
    const hidden = bytes.map((octet, at) => octet ^ (KEY[at % KEY.length] ?? 0));
    this.stream.write(Buffer.concat([Buffer.from([FINAL | opcode]), length, KEY, hidden]));
  }

  /** The next frame of the other end. */
  async frame(): Promise<WebSocketFrame> {
    return eventually(() => this.#frames.shift(), 5000);
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const [first = 0, second = 0] = this.#received;
      const head = second === 126 ? 4 : 2;
      if (this.#received.length < head) return;
      const end = head + (second === 126 ? this.#received.readUInt16BE(2) : second);
      if (this.#received.length < end) return;
      this.#frames.push({ opcode: first & 0x0f, compressed: (first & 0x40) !== 0, payload: this.#received.subarray(head, end) });
      this.#received = this.#received.subarray(end);
    }
  }
}
