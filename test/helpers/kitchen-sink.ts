import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { echoRequest, startHttpUpstream, type TestUpstream } from './upstream.ts';

export const TEXT = 'The quick brown fox jumps over the lazy dog.\n'.repeat(100);
export const GZIPPED = gzipSync(TEXT);
const ETAG = '"v1"';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/empty': (_request, response) => response.end(),
  '/no-content': (_request, response) => response.writeHead(204).end(),
  '/reset-content': (_request, response) => response.writeHead(205, { 'content-length': 0 }).end(),
  '/teapot': (_request, response) => response.writeHead(418, 'Short And Stout').end('tea'),
  '/etag': (request, response) => {
    const known = request.headers['if-none-match'] === ETAG;
    response.writeHead(known ? 304 : 200, { 'ETag': ETAG, 'Cache-Control': 'max-age=60' }).end(known ? '' : TEXT);
  },
  '/range': (request, response) => {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (from === '') response.writeHead(200, { 'Accept-Ranges': 'bytes', 'Content-Length': TEXT.length }).end(TEXT);
    else response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${TEXT.length}` }).end(TEXT.slice(Number(from), Number(to) + 1));
  },
  '/gzip': (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip', 'Vary': 'Accept-Encoding' }).end(GZIPPED),
  '/chunks': (_request, response) => {
    response.write(TEXT.slice(0, 10));
    response.end(TEXT.slice(10));
  },
  '/cookies': (_request, response) => response.writeHead(200, ['Set-Cookie', 'a=1; Path=/', 'X-Other', 'x', 'Set-Cookie', 'b=2; HttpOnly']).end(),
  '/hints': (_request, response) => {
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] });
    response.end('done');
  },
  '/trailers': (_request, response) => {
    response.writeHead(200, { Trailer: 'X-Checksum' });
    response.write(TEXT);
    response.addTrailers({ 'X-Checksum': 'abc' });
    response.end();
  },
  '/big-header': (_request, response) => response.writeHead(200, { 'X-Big': 'b'.repeat(12_000) }).end('big'),
};

/** A server with an answer for each thing HTTP can do, by path; any other path gives back the request as JSON. */
export async function startKitchenSink(): Promise<TestUpstream> {
  return startHttpUpstream(async (request, response) => {
    const answer = ANSWERS[request.url ?? ''];
    if (answer === undefined) return echoRequest(request, response);
    request.resume();
    answer(request, response);
  });
}
