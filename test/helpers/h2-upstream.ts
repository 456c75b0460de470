import { once } from 'node:events';
import { createSecureServer, createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream, type ServerOptions } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Test } from 'tap';
import type { Pair } from './certificates.ts';

export type H2Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) => void;

export interface H2Upstream {
  /** `127.0.0.1:PORT`, with `https://` in front where it has a certificate. */
  readonly target: string;
  readonly port: number;
  /** Connections that are open, oldest first. */
  readonly sessions: readonly ServerHttp2Session[];
  /** Connections there have been. */
  readonly accepted: number;
  /** RST_STREAM codes of the streams that have closed, in that order; 0 where all was well. */
  readonly codes: readonly number[];
  /** Breaks every connection off, as a killed process does. */
  cut(): void;
}

/** An HTTP/2 server that answers by hand; with `pair` over TLS. Cut at teardown. */
export async function startH2Upstream(t: Pick<Test, 'teardown'>, handler: H2Handler, options: ServerOptions = {}, pair: Pair | null = null): Promise<H2Upstream> {
  const server: Http2Server = pair === null ? createServer(options) : createSecureServer({ ...options, ...pair });
  const sessions: ServerHttp2Session[] = [];
  const codes: number[] = [];
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session: ServerHttp2Session) => {
    accepted++;
    sessions.push(session);
    session.on('error', () => undefined);
    session.on('close', () => {
      const at = sessions.indexOf(session);
      if (at !== -1) sessions.splice(at, 1);
    });
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    stream.on('error', () => undefined);
    stream.on('close', () => codes.push(stream.rstCode ?? 0));
    handler(stream, headers, raw);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    while (sessions.length > 0) sessions.pop()?.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    target: `${pair === null ? '' : 'https://'}127.0.0.1:${port}`, port, sessions, codes,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    get accepted() {
      return accepted;
    },
  };
}

/** Answers with what it was sent. */
export const echo: H2Handler = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};
