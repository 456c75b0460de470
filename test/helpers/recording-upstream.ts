import type net from 'node:net';
import type { Test } from 'tap';
import { startRawUpstream, type TestUpstream } from './upstream.ts';

export interface RecordedRequest {
  /** Counts the upstream's connections from 0. */
  readonly connection: number;
  readonly line: string;
  readonly method: string;
  /** Target as it stood in the request line. */
  readonly target: string;
  /** As they came: order, case and repetition. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without its framing, Latin-1. */
  readonly body: string;
  /** Values of a header by its lower-case name, joined with `, `; undefined without one. */
  header(name: string): string | undefined;
}

export interface RecordingUpstream extends TestUpstream {
  /** Every request that arrived whole, as a reader that believes its framing to the letter takes it. */
  readonly seen: readonly RecordedRequest[];
  /** Everything that arrived, of all connections in the order of arrival, Latin-1. */
  readonly bytes: string;
  /** The same for one connection. */
  bytesOf(connection: number): string;
}

/** Answers a request that arrived whole; may keep silent. */
export type Respond = (request: RecordedRequest, socket: net.Socket) => void;

export function say(text: string): Respond {
  return (_request, socket) => void socket.write(text, 'latin1');
}

export const OK = say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');

/** An upstream that writes down what reaches it, byte for byte and request for request. Closed at teardown. */
export async function startRecordingUpstream(t: Pick<Test, 'teardown'>, respond: Respond = OK): Promise<RecordingUpstream> {
  const seen: RecordedRequest[] = [];
  const received = new Map<number, string>();
  let bytes = '';
  const upstream = await startRawUpstream((socket, connection) => {
    let rest = '';
    received.set(connection, '');
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      bytes += text;
      received.set(connection, (received.get(connection) ?? '') + text);
      rest += text;
      for (let taken = takeRequest(rest, connection); taken !== null; taken = takeRequest(rest, connection)) {
        rest = rest.slice(taken.length);
        seen.push(taken.request);
        respond(taken.request, socket);
      }
    });
  });
  t.teardown(async () => upstream.close());
  return Object.create(upstream, {
    seen: { value: seen },
    bytes: { get: () => bytes },
    bytesOf: { value: (connection: number) => received.get(connection) ?? '' },
  }) as RecordingUpstream;
}

function takeRequest(text: string, connection: number): { readonly request: RecordedRequest; readonly length: number } | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [line = '', ...fields] = text.slice(0, headEnd).split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const headers = fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()] as const);
  const header = (name: string): string | undefined => {
    const values = headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
    return values.length === 0 ? undefined : values.join(', ');
  };
  const chunked = header('transfer-encoding') !== undefined;
  const taken = chunked ? takeChunks(text, headEnd + 4) : takeLength(text, headEnd + 4, Number(header('content-length') ?? 0));
  if (taken === null) return null;
  return { request: { connection, line, method, target, headers, body: taken.body, header }, length: taken.end };
}

interface Taken {
  readonly body: string;
  readonly end: number;
}

function takeLength(text: string, start: number, length: number): Taken | null {
  return text.length < start + length ? null : { body: text.slice(start, start + length), end: start + length };
}

/** Without trailers: none may get here. */
function takeChunks(text: string, start: number): Taken | null {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (text.length < end + 2) return null;
    if (size === 0) return { body, end: end + 2 };
    body += text.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
