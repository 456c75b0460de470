export interface RawResponse {
  /** `HTTP/1.1`. */
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Names in lower case; a field given several times is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** As they came: order, case and repetition. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** Without its framing. */
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
  readonly trailers: Readonly<Record<string, string>>;
}

interface Body {
  readonly content: Buffer;
  readonly end: number;
  readonly trailers: readonly (readonly [string, string])[];
}

/**
 * One HTTP/1 answer from the start of `received` (RFC 9112 §6.3), and how many bytes it took.
 * Null where it is not complete yet. Throws where the framing is broken.
 */
export function takeResponse(
  received: Buffer,
  ended: boolean,
  method: string,
): { readonly response: RawResponse; readonly bytes: number } | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [statusLine = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const [, version = '', status = '', reason = ''] = /^(HTTP\/\d\.\d) (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  if (version === '') throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const rawHeaders = lines.map(splitField);
  const headers = joinFields(rawHeaders);
  const body = takeBody(received, headEnd + 4, ended, Number(status), method, headers);
  if (body === null) return null;
  const response: RawResponse = {
    version,
    status: Number(status),
    reason,
    headers,
    rawHeaders,
    body: body.content,
    text: body.content.toString(),
    trailers: joinFields(body.trailers),
  };
  return { response, bytes: body.end };
}

function takeBody(
  received: Buffer,
  start: number,
  ended: boolean,
  status: number,
  method: string,
  headers: Readonly<Record<string, string>>,
): Body | null {
  const bodyless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  if (bodyless || (method === 'CONNECT' && status < 300)) return { content: Buffer.alloc(0), end: start, trailers: [] };
  if (headers['transfer-encoding']?.toLowerCase() === 'chunked') return takeChunks(received, start);
  const length = headers['content-length'];
  if (length === undefined) return ended ? { content: received.subarray(start), end: received.length, trailers: [] } : null;
  if (!/^\d+$/.test(length)) throw new Error(`content-length is ${JSON.stringify(length)}`);
  const end = start + Number(length);
  return received.length < end ? null : { content: received.subarray(start, end), end, trailers: [] };
}

function takeChunks(received: Buffer, start: number): Body | null {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const line = received.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+(;.*)?$/i.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    if (size === 0) return takeTrailers(received, lineEnd + 2, Buffer.concat(chunks));
    const end = lineEnd + 2 + size;
    if (received.length < end + 2) return null;
    if (received.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a chunk is longer than its size');
    chunks.push(received.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

function takeTrailers(received: Buffer, start: number, content: Buffer): Body | null {
  const trailers: (readonly [string, string])[] = [];
  for (let at = start; ; ) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    if (lineEnd === at) return { content, end: at + 2, trailers };
    trailers.push(splitField(received.toString('latin1', at, lineEnd)));
    at = lineEnd + 2;
  }
}

function splitField(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error(`not a header field: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function joinFields(fields: readonly (readonly [string, string])[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [rawName, value] of fields) {
    const name = rawName.toLowerCase();
    const before = joined[name];
    joined[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return joined;
}
