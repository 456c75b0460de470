/** What is looked for in the first message of a TLS client (RFC 8446 §4.1.2). */
export interface ClientHello {
  /** The name as it was sent, latin1; '' where there is none. */
  readonly serverName: string;
  /** ALPN (RFC 7301), the client's first choice first. */
  readonly protocols: readonly string[];
}

/** Bytes that must be there before it is worth to look again. */
interface Incomplete {
  readonly bytesNeeded: number;
}

/** A browser's has some 2 KB. */
export const HELLO_BYTES_MAX = 32 * 1024;
/** Nobody cuts it into more; each piece costs another look. */
const RECORDS_MAX = 16;

const RECORD_HEAD_BYTES = 5;
const HANDSHAKE_RECORD = 22;
const MESSAGE_HEAD_BYTES = 4;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM_BYTES = 34;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const ALPN = 16;

/**
 * Reads server name and protocols out of the first bytes of a connection, which stay as they are for OpenSSL. Null for
 * what is no ClientHello, is damaged, or is beyond every measure; OpenSSL then says what is wrong with it.
 */
export function parseClientHello(bytes: Buffer): ClientHello | Incomplete | null {
  const parts: Buffer[] = [];
  let length = 0;
  let wanted = MESSAGE_HEAD_BYTES;
  for (let at = 0, records = 0; length < wanted; records += 1) {
    if (records === RECORDS_MAX) return null;
    if (bytes.length < at + RECORD_HEAD_BYTES) return incomplete(at + RECORD_HEAD_BYTES);
    const end = at + RECORD_HEAD_BYTES + bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE_RECORD || end === at + RECORD_HEAD_BYTES) return null;
    if (bytes.length < end) return incomplete(end);
    parts.push(bytes.subarray(at + RECORD_HEAD_BYTES, end));
    length += end - at - RECORD_HEAD_BYTES;
    at = end;
    if (wanted === MESSAGE_HEAD_BYTES && length >= MESSAGE_HEAD_BYTES) {
      const head = Buffer.concat(parts);
      if (head[0] !== CLIENT_HELLO) return null;
      wanted += head.readUIntBE(1, 3);
    }
  }
  const message = Buffer.concat(parts);
  return message[0] === CLIENT_HELLO ? parseBody(new Reader(message.subarray(MESSAGE_HEAD_BYTES, wanted))) : null;
}

function incomplete(bytesNeeded: number): Incomplete | null {
  return bytesNeeded > HELLO_BYTES_MAX ? null : { bytesNeeded };
}

function parseBody(body: Reader): ClientHello {
  let serverName = '';
  let protocols: readonly string[] = [];
  body.skip(VERSION_AND_RANDOM_BYTES);
  body.vector(1);
  body.vector(2);
  body.vector(1);
  const extensions = body.vector(2);
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === SERVER_NAME) serverName = serverNameIn(content.vector(2));
    else if (type === ALPN) protocols = protocolsIn(content.vector(2));
  }
  return { serverName, protocols };
}

function serverNameIn(list: Reader): string {
  return list.number(1) === HOST_NAME ? list.vector(2).text() : '';
}

function protocolsIn(list: Reader): string[] {
  const protocols: string[] = [];
  while (list.left > 0) protocols.push(list.vector(1).text());
  return protocols;
}

/** Walks over numbers and vectors (RFC 8446 §3); behind the end everything is 0 and empty. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(count: number): void {
    this.#at = Math.min(this.#at + count, this.#bytes.length);
  }

  /** Of one or two bytes. */
  number(size: 1 | 2): number {
    const value = this.left < size ? 0 : this.#bytes.readUIntBE(this.#at, size);
    this.skip(size);
    return value;
  }

  /** The content of a vector whose length is a number of `size` bytes. */
  vector(size: 1 | 2): Reader {
    const length = this.number(size);
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.skip(length);
    return new Reader(content);
  }

  text(): string {
    return this.#bytes.toString('latin1');
  }
}
