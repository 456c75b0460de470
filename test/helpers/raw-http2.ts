import tls from 'node:tls';
import { eventually } from './wait-for.ts';

/** Of RFC 9113 §6. */
export const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const;
export const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const ACK = 0x1;
const FRAME_HEAD_BYTES = 9;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** The only statuses that HPACK has an index for (RFC 7541, appendix A), from index 8 on. */
const INDEXED_STATUSES = [200, 204, 206, 304, 400, 404, 500];

export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export type Http2Field = readonly [name: string, value: string];

/**
 * An HTTP/2 client without an opinion: sends the fields and frames it is told to, also those that no
 * library would send. Fields are written as literals (RFC 7541 §6.2.2), Latin-1.
 */
export class RawHttp2Client {
  readonly frames: Http2Frame[] = [];
  /** The connection has ended, from whichever side. */
  closed = false;
  readonly #socket: tls.TLSSocket;
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async connect(port: number, serverName: string = 'a.test'): Promise<RawHttp2Client> {
    const socket = tls.connect({ host: '127.0.0.1', port, servername: serverName, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    const client = new RawHttp2Client(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    socket.write(PREFACE, 'latin1');
    client.frame(TYPE.settings, 0, 0, Buffer.alloc(0));
    return client;
  }

  frame(type: number, flags: number, stream: number, payload: Buffer): this {
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    this.#socket.write(Buffer.concat([head, payload]));
    return this;
  }

  headers(stream: number, fields: readonly Http2Field[], { end = true }: { readonly end?: boolean } = {}): this {
    const block = Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)])));
    return this.frame(TYPE.headers, END_HEADERS | (end ? END_STREAM : 0), stream, block);
  }

  data(stream: number, bytes: string, { end = true }: { readonly end?: boolean } = {}): this {
    return this.frame(TYPE.data, end ? END_STREAM : 0, stream, Buffer.from(bytes, 'latin1'));
  }

  reset(stream: number, code: number): this {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    return this.frame(TYPE.reset, 0, stream, payload);
  }

  /** What became of a stream: its status; `reset` where the gateway refused it, alone or with the whole connection. */
  async outcome(stream: number): Promise<number | 'reset'> {
    return eventually(() => this.#outcome(stream), 5000);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #outcome(stream: number): number | 'reset' | null {
    for (const { type, stream: of, payload } of this.frames) {
      if (type === TYPE.headers && of === stream) return statusOf(payload);
      if (type === TYPE.goaway || (type === TYPE.reset && of === stream)) return 'reset';
    }
    return this.closed ? 'reset' : null;
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#received.length < FRAME_HEAD_BYTES) return;
      const end = FRAME_HEAD_BYTES + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      const [type = 0, flags = 0] = this.#received.subarray(3, 5);
      const stream = this.#received.readUInt32BE(5) & 0x7fffffff;
      this.frames.push({ type, flags, stream, payload: this.#received.subarray(FRAME_HEAD_BYTES, end) });
      if (type === TYPE.settings && (flags & ACK) === 0) this.frame(TYPE.settings, ACK, 0, Buffer.alloc(0));
      this.#received = this.#received.subarray(end);
    }
  }
}

/** A string literal of HPACK (RFC 7541 §5.2), not Huffman-coded. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const prefix = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) prefix.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...prefix, rest]), bytes]);
}

/** The status comes first: as an index, or as three digits, Huffman-coded where that is shorter (RFC 7541, appendix B). */
function statusOf(block: Buffer): number {
  const [first = 0, length = 0] = block;
  if (first & 0x80) return INDEXED_STATUSES[(first & 0x7f) - 8] ?? 0;
  if ((length & 0x80) === 0) return Number(block.toString('latin1', 2, 5));
  let bits = Array.from(block.subarray(2, 5), (byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (digits.length < 3) {
    // 0, 1 and 2 are the codes 0 to 2 of five bits; the others are those of six bits from 0x19 on.
    const isShort = Number.parseInt(bits.slice(0, 5), 2) < 3;
    digits += isShort ? Number.parseInt(bits.slice(0, 5), 2) : Number.parseInt(bits.slice(0, 6), 2) - 0x19 + 3;
    bits = bits.slice(isShort ? 5 : 6);
  }
  return Number(digits);
}
