import { once } from 'node:events';
import http from 'node:http';
import { constants } from 'node:http2';
import t from 'tap';
import { WebSocket } from 'ws';
import { maxBody } from '../../src/policy/max-body.ts';
import { startForwarding } from '../helpers/forwarding.ts';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { echo, startH2Upstream } from '../helpers/h2-upstream.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ask, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { readLongBody, writeLongBody } from '../helpers/long-body.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const MIB = 1024 * 1024;
/** Whatever fails once takes the target out: what is too large must not. */
const TOUCHY = 'eject: { failures: 1 }, maxFails: 1, retry: { attempts: 2 }';

function chunk(bytes: number): string {
  return `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
}

await t.test('the bound itself is allowed, whatever the body is made of', async (t) => {
  const phases = await startPolicy(maxBody, 'maxBody: 5B');
  const errorFor = async (...headers: readonly string[]): Promise<unknown> => (await ask(phases, { method: 'POST', headers: ['Host', 'a', ...headers], change: { body: {} as never } })).error;
  t.equal(await errorFor('Content-Length', '5'), null);
  t.match(await errorFor('Content-Length', '6'), { code: 'body_too_large', detail: '6 bytes, 5 are allowed' });
  t.equal(await errorFor('Transfer-Encoding', 'chunked'), null);
  const { exchange } = await ask(phases, { method: 'POST' });
  t.equal(exchange.bodyBytesMax, 5);
});

await t.test('a body that says that it is too long is refused before anybody sees it', async (t) => {
  const { connect, upstream, gateway } = await startForwarding(t, { route: 'maxBody: 1MB' });
  const client = (await connect()).write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * MIB}\r\n\r\nbeginning`);
  const refused = await client.readResponse();
  t.match(refused, { status: 413, headers: { connection: 'close', 'content-type': 'application/problem+json' } });
  t.match(JSON.parse(refused.text), { code: 'body_too_large' });
  client.end();
  await client.closed;
  t.equal(client.error, null, 'an end, not a reset');
  const expecting = (await connect()).write(`PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${2 * MIB}\r\n\r\n`);
  t.match(await expecting.readResponse(), { status: 413, headers: { connection: 'close' } }, 'and is not asked for');
  t.equal(upstream.connections, 0);
  t.match(gateway.ended.map(({ errorCode }) => errorCode), ['body_too_large', 'body_too_large']);
});

await t.test('a little too much costs no connection', async (t) => {
  const { connect, upstream } = await startForwarding(t, { route: 'maxBody: 4B' });
  const client = (await connect()).write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde');
  t.equal((await client.readResponse()).status, 413);
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd');
  const target = await upstream.accept();
  await target.readUntil('abcd');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
});

await t.test('threat: a body without a length is broken off as soon as it is too long, and the upstream cannot take it for whole', async (t) => {
  const { request, upstream, ended, connect } = await startForwarding(t, { route: 'maxBody: 10B', upstream: TOUCHY });
  const { client, target } = await request(`PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(10)}`);
  await target.readUntil(chunk(10));
  client.write(`${chunk(1)}0\r\n\r\n`);
  t.match(await client.readResponse(), { status: 413, headers: { connection: 'close' } });
  await target.closed;
  t.equal(target.received.length, 0, 'neither the byte too many nor an end');
  t.match(await ended(), { status: 413, errorCode: 'body_too_large', attempts: 1, bytesIn: 11 });
  t.equal(upstream.connections, 1, 'nobody is asked again');
  const next = (await connect()).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const other = await upstream.accept();
  await other.readUntil('\r\n\r\n');
  other.write(OK);
  t.equal((await next.readResponse()).status, 200, 'the target is as good as before');
});

await t.test('where the answer has begun it is cut', async (t) => {
  const { request, ended } = await startForwarding(t, { route: 'maxBody: 10B' });
  const { client, target } = await request(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(3)}`);
  await target.readUntil(chunk(3));
  target.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning');
  await client.readUntil('beginning');
  client.write(chunk(8));
  await client.closed;
  await target.closed;
  t.match(await ended(), { status: 200, errorCode: 'body_too_large' });
});

await t.test('an answer that was whole before is not touched', async (t) => {
  const { request, ended } = await startForwarding(t, { route: 'maxBody: 10B' });
  const { client, target } = await request(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(3)}`);
  await target.readUntil(chunk(3));
  target.write(OK);
  client.write(chunk(8));
  t.match(await client.readResponse(), { status: 200, text: 'ok' });
  t.match(await ended(), { status: 200, errorCode: '' });
});

await t.test('over HTTP/2 the same holds, with and without a length', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true, route: 'maxBody: 10B', upstream: TOUCHY });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.match(await requestH2(session, { ':method': 'POST', ':path': '/', 'content-length': '11' }, 'x'.repeat(11)), { status: 413, resetCode: constants.NGHTTP2_NO_ERROR });
  t.equal(upstream.connections, 0);
  const stream = session.request({ ':method': 'POST', ':path': '/' });
  const answer = answerOf(stream);
  stream.write('x'.repeat(10));
  const target = await upstream.accept();
  await target.readUntil(chunk(10));
  stream.write('y');
  t.match(await answer, { status: 413, resetCode: constants.NGHTTP2_NO_ERROR });
  await target.closed;
  t.equal(target.received.length, 0);
  t.match(await ended(1), { errorCode: 'body_too_large', bytesIn: 11 });
  const whole = requestH2(session, { ':method': 'POST', ':path': '/' }, 'x'.repeat(10));
  const other = await upstream.accept();
  await other.readUntil('0\r\n\r\n');
  other.write(OK);
  t.match(await whole, { status: 200 });
});

await t.test('an upstream that speaks HTTP/2 sees the stream reset; a gRPC call is a stream and not counted', async (t) => {
  const upstream = await startH2Upstream(t, (stream, headers, raw) => {
    if (headers[':path'] === '/echo') echo(stream, headers, raw);
    else stream.resume();
  });
  const gateway = await startLoneGateway(t, `upstreams: { api: { targets: "${upstream.target}", protocol: h2 } }\nroutes: [{ upstream: api, maxBody: 10B }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.match(await requestH2(session, { ':method': 'POST', ':path': '/' }, 'x'.repeat(11)), { status: 413 });
  await eventually(() => upstream.codes.length === 1);
  t.strictSame(upstream.codes, [constants.NGHTTP2_CANCEL]);
  const grpc = { ':method': 'POST', ':path': '/echo', 'content-type': 'application/grpc', 'te': 'trailers' };
  t.match(await requestH2(session, grpc, 'x'.repeat(20)), { status: 200, body: Buffer.from('x'.repeat(20)) });
  t.match(await requestH2(session, { ...grpc, 'content-length': '20' }, 'x'.repeat(20)), { status: 413 }, 'but for a length that it says itself');
});

await t.test('a route that answers by itself refuses too, and a WebSocket has no body', async (t) => {
  const upstream = await startWebSocketUpstream(t);
  const gateway = await startLoneGateway(t, `defaults: { maxBody: 4B }\nroutes: [{ path: /fixed, respond: {} }, { path: /moved, redirect: / }, { path: /ws, upstream: "${upstream.target}" }]`);
  for (const path of ['/fixed', '/moved']) {
    const client = await RawClient.connect({ port: gateway.port });
    t.equal((await client.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde`).readResponse()).status, 413, path);
    client.destroy();
  }
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/ws`);
  await once(socket, 'open');
  socket.send('longer than four bytes');
  const [message] = await once(socket, 'message') as [Buffer];
  t.equal(message.toString(), 'longer than four bytes');
  socket.terminate();
});

await t.test('twenty megabytes within the bound pass as they come, with and without a length, over HTTP/1.1 and HTTP/2', async (t) => {
  const bytes = 20 * MIB;
  let begun = 0;
  const upstream = await startHttpUpstream(async (request, response) => {
    request.once('data', () => begun++);
    response.end(String(await readLongBody(request)));
  });
  t.teardown(async () => upstream.close());
  const gateway = await startLoneGateway(t, `defaults: { https: both }\nroutes: [{ upstream: "${upstream.target}", maxBody: 20MB }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const headers of [{}, { 'content-length': String(bytes) }]) {
    const request = http.request({ port: gateway.port, host: '127.0.0.1', method: 'POST', agent: false, headers });
    const [[response]] = await Promise.all([once(request, 'response') as Promise<[http.IncomingMessage]>, writeLongBody(request, bytes)]);
    t.equal((await response.setEncoding('utf8').toArray()).join(''), String(bytes));
    const stream = session.request({ ':method': 'POST', ':path': '/', ...headers });
    const [answer] = await Promise.all([answerOf(stream), writeLongBody(stream, bytes)]);
    t.equal(answer.body.toString(), String(bytes));
  }
  const slow = http.request({ port: gateway.port, host: '127.0.0.1', method: 'POST', agent: false });
  slow.write(Buffer.alloc(100));
  await eventually(() => begun === 5);
  slow.on('error', () => undefined).destroy();
  t.pass('the first byte is there before the last one has been sent');
});
