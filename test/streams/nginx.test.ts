import { once } from 'node:events';
import http from 'node:http';
import t from 'tap';
import { startGateway } from '../helpers/gateway.ts';
import { startKitchenSink } from '../helpers/kitchen-sink.ts';
import { startNginx } from '../helpers/nginx.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { requireService } from '../helpers/service.ts';

/** What Sluice tells the upstream about the client and nginx does not unless it is told to. */
const ABOUT_CLIENT = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip', 'x-request-id', 'forwarded', 'via', 'traceparent']);
/** What belongs to one connection, and `Server`, in which nginx names itself. */
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'server', 'date']);

/** nginx gives a length to a body in chunks that has arrived as a whole; and the echo is as long as what was seen. */
const FRAMING = new Set(['content-length', 'transfer-encoding']);

const REQUESTS: Readonly<Record<string, string>> = {
  'a plain GET': 'GET /echo?a=1&b=%2F&c=x+y HTTP/1.1\r\nHost: app.example:8080\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n',
  'escapes in the path': 'GET /a%20b/caf%C3%A9 HTTP/1.1\r\nHost: a\r\n\r\n',
  'cookies and authorization': 'GET /echo HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2\r\nAuthorization: Bearer x\r\n\r\n',
  'the same header twice': 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nX-Other: o\r\nX-Twice: 2\r\n\r\n',
  'headers of the hop': 'GET /echo HTTP/1.1\r\nHost: a\r\nKeep-Alive: 5\r\nTE: gzip\r\nConnection: keep-alive\r\n\r\n',
  'a byte above 127 in a header': 'GET /echo HTTP/1.1\r\nHost: a\r\nX-Latin: caf\xe9\r\n\r\n',
  'a POST with a length': 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
  'a POST in chunks': 'POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'an empty POST': 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
  'a PUT': 'PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
  'a DELETE with a body': 'DELETE /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
  'a GET with a body': 'GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi',
  'OPTIONS': 'OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n',
  'HEAD': 'HEAD /range HTTP/1.1\r\nHost: a\r\n\r\n',
  'a range': 'GET /range HTTP/1.1\r\nHost: a\r\nRange: bytes=0-4\r\n\r\n',
  'a 304': 'GET /etag HTTP/1.1\r\nHost: a\r\nIf-None-Match: "v1"\r\n\r\n',
  'a 204': 'GET /no-content HTTP/1.1\r\nHost: a\r\n\r\n',
  'a gzip body': 'GET /gzip HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n',
  'a body in chunks': 'GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n',
  'several cookies': 'GET /cookies HTTP/1.1\r\nHost: a\r\n\r\n',
  'a status with a reason of its own': 'GET /teapot HTTP/1.1\r\nHost: a\r\n\r\n',
  'a big header': 'GET /big-header HTTP/1.1\r\nHost: a\r\n\r\n',
  'an HTTP/1.0 client': 'GET /echo HTTP/1.0\r\nHost: a\r\n\r\n',
  'an HTTP/1.0 client and a body in chunks': 'GET /chunks HTTP/1.0\r\nHost: a\r\n\r\n',
};

type Field = readonly [name: string, value: string];

function fieldsWithout(headers: Readonly<Record<string, string>>, ...ignored: readonly ReadonlySet<string>[]): Field[] {
  return Object.entries(headers).filter(([name]) => !ignored.some((set) => set.has(name))).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The answer as the client got it, and what the upstream saw of the request where it says so. */
function comparable({ status, reason, headers, body }: RawResponse): unknown {
  if (headers['content-type'] !== 'application/json') {
    return { status, reason, headers: fieldsWithout(headers, OF_THE_HOP), body: body.toString('latin1') };
  }
  const seen = JSON.parse(body.toString()) as { headers: Record<string, string> };
  return {
    status, reason,
    headers: fieldsWithout(headers, OF_THE_HOP, FRAMING),
    seen: { ...seen, headers: fieldsWithout(seen.headers, ABOUT_CLIENT, OF_THE_HOP, FRAMING) },
  };
}

await t.test('a request through Sluice arrives and is answered as through nginx', async (t) => {
  const program = requireService(t, 'nginx');
  if (program === null) return;
  const sink = await startKitchenSink();
  t.teardown(async () => sink.close());
  const nginxPort = await startNginx(t, program, sink.target);
  // What nginx is not told to add to an answer it does not add.
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${sink.target}", headers: off }]`);
  for (const [what, request] of Object.entries(REQUESTS)) {
    const method = request.slice(0, request.indexOf(' '));
    const answers = await Promise.all([nginxPort, httpPort].map(async (port) => {
      const client = await RawClient.connect({ port });
      client.write(request);
      const response = await client.readResponse({ method });
      client.destroy();
      return comparable(response);
    }));
    t.strictSame(answers[1], answers[0], what);
  }
});

await t.test('an upgrade header that no WebSocket asks for is dropped, as by nginx', async (t) => {
  const sink = await startKitchenSink();
  t.teardown(async () => sink.close());
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${sink.target}" }]`);
  const request = http.get({ port: httpPort, host: '127.0.0.1', path: '/echo', headers: { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' }, agent: false });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { headers } = JSON.parse((await response.setEncoding('utf8').toArray()).join('')) as { headers: Record<string, string> };
  t.strictSame([headers['upgrade'], headers['http2-settings']], [undefined, undefined]);
});
