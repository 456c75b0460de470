import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders, type Settings } from 'node:http2';
import type { Test } from 'tap';

export interface H2Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  /** 1xx heads that came before. */
  readonly informational: readonly IncomingHttpHeaders[];
  readonly body: Buffer;
  /** 0 where the stream ended as it should. */
  readonly resetCode: number;
}

/** An HTTP/2 connection to a TLS port of this machine that trusts `ca`; destroyed at teardown. */
export async function connectH2(t: Pick<Test, 'teardown'>, port: number, ca: string, settings: Settings = {}): Promise<ClientHttp2Session> {
  const session = connect(`https://localhost:${port}`, { ca, settings, lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
  session.on('error', () => session.destroy());
  t.teardown(() => session.destroy());
  await once(session, 'connect');
  return session;
}

/** Collects the answer on a stream until the stream is closed; never rejects for a reset. */
export async function answerOf(stream: ClientHttp2Stream): Promise<H2Response> {
  const informational: IncomingHttpHeaders[] = [];
  const chunks: Buffer[] = [];
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('headers', (head: IncomingHttpHeaders) => informational.push(head));
  stream.on('response', (head: IncomingHttpHeaders) => { headers = head; });
  stream.on('trailers', (fields: IncomingHttpHeaders) => { trailers = fields; });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('close', resolve));
  return { status: Number(headers[':status'] ?? 0), headers, trailers, informational, body: Buffer.concat(chunks), resetCode: stream.rstCode };
}

/** One request with a body that is known, and its whole answer. */
export async function requestH2(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body: Buffer | string | null = null): Promise<H2Response> {
  const stream = session.request(headers, { endStream: body === null });
  if (body !== null) stream.end(body);
  return answerOf(stream);
}
