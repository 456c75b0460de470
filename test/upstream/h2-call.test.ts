import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { echo, startH2Upstream, type H2Handler, type H2Upstream } from '../helpers/h2-upstream.ts';
import { Http2WebSocket, OPCODE } from '../helpers/http2-websocket.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

interface Setup {
  readonly gateway: LoneGateway;
  readonly upstream: H2Upstream;
  readonly client: RawClient;
  readonly ended: (index?: number) => Promise<Exchange>;
}

async function start(t: Test, handler: H2Handler, keys = '', options = {}): Promise<Setup> {
  const upstream = await startH2Upstream(t, handler, options);
  const gateway = await startLoneGateway(t, `defaults: { https: both }\nupstreams: { api: { targets: "${upstream.target}", protocol: h2, ${keys} } }\nroutes: [{ upstream: api }]`, { https: true });
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  return { gateway, upstream, client, ended: async (index = 0) => eventually(() => gateway.ended[index], 5000) };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';

await t.test('an HTTP/1.1 client gets heads, bodies, 1xx and trailers of an HTTP/2 upstream', async (t) => {
  const { client, ended } = await start(t, (stream) => {
    stream.additionalHeaders({ ':status': 103, 'link': '</a>' });
    stream.respond({ ':status': 201, 'x-up': ['a', 'b'] }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '7' }));
    stream.pipe(stream);
  });
  client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Lost: 1\r\n\r\n');
  t.match(await client.readResponse(), { status: 103, headers: { link: '</a>' } });
  t.match(await client.readResponse(), { status: 201, text: 'hello', headers: { 'x-up': 'a, b' }, trailers: { 'x-sum': '7' } });
  t.match(await ended(), { errorCode: '', bytesIn: 5, bytesOut: 5, attempts: 1 });
});

await t.test('answers without a body, and those with a length, keep both over one connection', async (t) => {
  const { client, upstream } = await start(t, (stream, { ':path': path, ':method': method }) => {
    if (path === '/length') {
      stream.respond({ ':status': 200, 'content-length': 2 });
      stream.end(method === 'HEAD' ? undefined : 'ok');
    } else {
      stream.respond({ ':status': Number(path?.slice(1)) }, { endStream: true });
    }
  });
  for (const [method, path, status, length] of [['GET', '/length', 200, '2'], ['HEAD', '/length', 200, '2'], ['GET', '/204', 204, null], ['GET', '/304', 304, null], ['GET', '/500', 500, null]] as const) {
    client.write(`${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await client.readResponse({ method });
    t.equal(answer.status, status, `${method} ${path}`);
    if (length !== null) t.equal(answer.headers['content-length'], length);
  }
  t.equal(upstream.accepted, 1);
});

await t.test('a large body passes both ways', async (t) => {
  const { gateway } = await start(t, echo);
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const large = Buffer.alloc(8 * 1024 * 1024, 'x');
  t.ok((await requestH2(session, { ':method': 'POST', ':path': '/' }, large)).body.equals(large));
});

await t.test('a client that does not read stops the upstream, and gets the rest when it does', async (t) => {
  const total = 64 * 1024 * 1024;
  let written = 0;
  const { client } = await start(t, (stream) => {
    stream.respond({ ':status': 200, 'content-length': total });
    const more = (): void => {
      while (written < total) {
        written += 65_536;
        if (!stream.write(Buffer.alloc(65_536))) {
          stream.once('drain', more);
          return;
        }
      }
      stream.end();
    };
    more();
  });
  client.socket.pause();
  client.write(GET);
  await eventually(() => written > 0);
  t.ok(await unmoved(() => written) < total / 2, `${written} bytes are on their way`);
  let received = 0;
  client.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  client.socket.resume();
  await eventually(() => received > total, 5000);
});

await t.test('an upstream that does not read stops the client', async (t) => {
  let served: ServerHttp2Stream | null = null;
  const { gateway } = await start(t, (stream) => {
    served = stream;
    stream.pause();
  });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  const answer = answerOf(stream);
  const large = Buffer.alloc(32 * 1024 * 1024);
  stream.end(large);
  const target: ServerHttp2Stream = await eventually(() => served);
  await eventually(() => gateway.begun() === 1);
  t.ok(await unmoved(() => stream.writableLength) > 0, 'the client still holds a part');
  let received = 0;
  target.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  target.on('end', () => target.respond({ ':status': 200 }, { endStream: true }));
  target.resume();
  t.equal((await answer).status, 200);
  t.equal(received, large.length);
});

await t.test('how a stream is reset says what became of the request', async (t) => {
  const cases: readonly (readonly [code: number, afterHead: boolean, errorCode: string])[] = [
    [constants.NGHTTP2_INTERNAL_ERROR, false, 'upstream_reset'], [constants.NGHTTP2_CANCEL, false, 'upstream_reset'], [constants.NGHTTP2_NO_ERROR, false, 'upstream_reset'],
    [constants.NGHTTP2_INTERNAL_ERROR, true, 'upstream_cut'],
    [constants.NGHTTP2_PROTOCOL_ERROR, false, 'upstream_bad_response'],
  ];
  for (const [code, afterHead, errorCode] of cases) {
    const { client, ended } = await start(t, (stream) => {
      if (afterHead) {
        stream.respond({ ':status': 200 });
        stream.write('part', () => setImmediate(() => stream.destroy(new Error('broken'))));
      } else {
        stream.close(code);
      }
    }, 'retry: { attempts: 0 }');
    client.write(GET);
    if (afterHead) await client.closed;
    else t.equal((await client.readResponse()).status, 502);
    t.match(await ended(), { errorCode });
  }
});

await t.test('threat: an answer shorter than it promised is no whole answer', async (t) => {
  const { client, ended } = await start(t, (stream) => {
    stream.respond({ ':status': 200, 'content-length': 10 });
    stream.write('part', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
  }, 'retry: { attempts: 0 }');
  client.write(GET);
  await client.closed;
  const { errorCode } = await ended();
  t.ok(['upstream_cut', 'upstream_bad_response'].includes(errorCode), errorCode);
});

await t.test('a refused stream was not looked at: even a POST is sent again (RFC 9113 §8.7), after any other reset it is not', async (t) => {
  for (const [code, statuses] of [[constants.NGHTTP2_REFUSED_STREAM, [200, 200]], [constants.NGHTTP2_INTERNAL_ERROR, [200, 502]]] as const) {
    let refused = 0;
    const refusing = await startH2Upstream(t, (stream) => {
      refused++;
      stream.close(code);
    });
    const good = await startH2Upstream(t, echo);
    const { port } = await startLoneGateway(t, `upstreams: { api: { targets: ["${refusing.target}", "${good.target}"], protocol: h2 } }\nroutes: [{ upstream: api }]`);
    const client = await RawClient.connect({ port });
    const answers = [await client.write(POST).readResponse(), await client.write(POST).readResponse()];
    t.strictSame(answers.map(({ status }) => status).toSorted((a, b) => a - b), statuses);
    for (const { status, text } of answers) if (status === 200) t.equal(text, 'hello', 'with its body');
    t.equal(refused, 1);
    client.destroy();
  }
});

await t.test('a client that goes away cancels the stream at once, and a part of its body never looks whole', async (t) => {
  const ends: boolean[] = [];
  const { client, upstream, ended } = await start(t, (stream) => {
    stream.on('end', () => ends.push(stream.aborted));
    stream.resume();
  });
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\npart');
  await eventually(() => upstream.sessions.length === 1);
  await eventually(() => upstream.accepted === 1);
  await unmoved(() => upstream.codes.length);
  client.destroy();
  await eventually(() => upstream.codes.length === 1);
  t.strictSame([upstream.codes, ends.filter((aborted) => !aborted)], [[constants.NGHTTP2_CANCEL], []]);
  t.match(await ended(), { errorCode: 'client_closed' });
});

await t.test('an answer before the end of the request is passed on, and the rest of the body is not wanted', async (t) => {
  const { gateway, upstream } = await start(t, (stream) => {
    stream.respond({ ':status': 413 }, { endStream: true });
  });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  stream.write('part');
  t.match(await answerOf(stream), { status: 413 });
  await eventually(() => upstream.codes.length === 1);
  t.equal(gateway.inFlight('api', upstream.target), 0);
});

await t.test('Expect: 100-continue waits for the upstream', async (t) => {
  const upstream = await startH2Upstream(t, (stream) => {
    stream.additionalHeaders({ ':status': 100 });
    echo(stream, {}, []);
  });
  const gateway = await startLoneGateway(t, `upstreams: { api: { targets: "${upstream.target}", protocol: h2 } }\nroutes: [{ upstream: api }]`);
  const client = await RawClient.connect({ port: gateway.port });
  t.teardown(() => client.destroy());
  client.write('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
  t.equal((await client.readResponse()).status, 100);
  client.write('body');
  t.match(await client.readResponse(), { status: 200, text: 'body' });
});

/** A WebSocket server over HTTP/2 that sends back what it gets, unmasked frames of up to 125 bytes. */
const echoFrames: H2Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  if (headers[':protocol'] !== 'websocket' || headers['sec-websocket-key'] !== undefined) {
    stream.respond({ ':status': 400 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200 });
  stream.on('data', (frame: Buffer) => {
    const length = (frame[1] ?? 0) & 0x7f;
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6, 6 + length).map((octet, at) => octet ^ (mask[at % 4] ?? 0));
    stream.write(Buffer.concat([Buffer.from([frame[0] ?? 0, length]), payload]));
  });
  stream.on('end', () => stream.end());
};

await t.test('a WebSocket goes over an extended CONNECT (RFC 8441), whatever the client speaks', async (t) => {
  const { gateway } = await start(t, echoFrames, '', { settings: { enableConnectProtocol: true } });
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/chat`);
  const said = new Promise<string>((resolve) => socket.on('message', (data: Buffer) => resolve(data.toString())));
  socket.on('open', () => socket.send('hello'));
  t.equal(await said, 'hello');
  socket.terminate();
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const stream = await Http2WebSocket.open(session, '/chat', { ':authority': `localhost:${gateway.httpsPort}` });
  stream.send(OPCODE.text, 'again');
  t.equal((await stream.frame()).payload.toString(), 'again');
});

await t.test('a WebSocket that the upstream does not offer is a 502 in words, and no failure of the member', async (t) => {
  const { client, ended, gateway } = await start(t, echoFrames);
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\n');
  t.equal((await client.readResponse()).status, 502);
  t.match(await ended(), { errorCode: 'upstream_no_upgrade', errorDetail: /no websocket over HTTP\/2: the target does not offer it/ });
  t.match(gateway.fleet.status(), [{ inFlight: 0 }]);
});
