import type { Socket } from 'node:net';
import t from 'tap';
import { phaseLimits } from '../../src/upstream/phase.ts';
import { GET, post, startForwarding } from '../helpers/forwarding.ts';
import { RawHttp2Client, TYPE } from '../helpers/raw-http2.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const EVENTS = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

await t.test('0 is no bound, and every bound has its code and names its time', async (t) => {
  const client = { tlsHandshakeMs: 1, headerMs: 1, requestMs: 1, bodyMs: 2000, idleMs: 1, sendMs: 0 };
  const upstream = { connectMs: 1500, responseMs: 0, idleMs: 3000, totalMs: 1, streamMs: 4000, tunnelMs: 1 };
  const limits = phaseLimits(client, upstream);
  t.match(limits, {
    'connect': { ms: 1500, code: 'upstream_connect_timeout', detail: /1\.5 s/ },
    'head': { ms: Infinity },
    'client-body': { ms: 2000, code: 'request_timeout', detail: /2 s/ },
    'upstream-reads': { ms: 3000, code: 'upstream_timeout' },
    'body': { ms: 3000, code: 'upstream_timeout' },
    'stream': { ms: 4000, code: 'upstream_timeout' },
    'client-reads': { ms: Infinity },
  });
});

await t.test('connect: a handshake that does not end is given up, and the next target is tried', async (t) => {
  const keys = 'tls: { verify: false }, timeouts: { connect: 2s }';
  for (const attempts of [0, 1]) {
    const sockets: Socket[] = [];
    const silent = await startRawUpstream((socket) => void sockets.push(socket.resume()));
    t.teardown(async () => silent.close());
    const forwarding = await startForwarding(t, { others: [`https://127.0.0.1:${silent.port}`], upstream: `retry: { attempts: ${attempts} }, ${keys}` });
    const { connect, upstream, clock, gateway, ended } = forwarding;
    const client = (await connect()).write(GET);
    const first = await eventually(() => sockets[0]);
    clock.advance(1900);
    t.equal(gateway.ended.length, 0);
    clock.advance(400);
    await eventually(() => first.closed);
    if (attempts === 1) {
      const target = await upstream.accept();
      await target.readUntil('\r\n\r\n');
      target.write(OK);
    }
    t.equal((await client.readResponse()).status, attempts === 1 ? 200 : 504);
    t.match(await ended(), { attempts: attempts + 1, errorCode: attempts === 1 ? '' : 'upstream_connect_timeout' });
  }
});

await t.test('head: an upstream that does not answer', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { response: 3s }' });
  const { client, target } = await request(GET);
  clock.advance(2900);
  target.write('HTTP/1.1 103 Early\r\n\r\n');
  t.equal((await client.readResponse()).status, 103);
  clock.advance(400);
  t.match(await client.readResponse(), { status: 504, headers: { 'cache-control': 'no-store' } });
  t.match(await ended(), { errorCode: 'upstream_timeout', errorDetail: /no response head within 3 s/ });
  await target.closed;
});

await t.test('head: the time runs from the end of the request', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { response: 3s }' });
  const { client, target } = await request(CHUNKED_POST);
  for (const piece of ['a', 'b', 'c']) {
    clock.advance(2000);
    client.write(`1\r\n${piece}\r\n`);
    await target.readUntil(`1\r\n${piece}\r\n`);
  }
  client.write('0\r\n\r\n');
  await target.readUntil('0\r\n\r\n');
  clock.advance(2900);
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { errorCode: '' });
});

await t.test('client-body: a client that stops within its body is told so, and the upstream is let go', async (t) => {
  const { request, clock, ended } = await startForwarding(t);
  const { client, target } = await request(`${CHUNKED_POST}1\r\na\r\n`);
  await target.readUntil('a\r\n');
  clock.advance(59_000);
  client.write('1\r\nb\r\n');
  await target.readUntil('b\r\n');
  clock.advance(59_000);
  t.equal(target.socket.closed, false);
  clock.advance(2000);
  t.match(await client.readResponse(), { status: 408, headers: { connection: 'close' } });
  t.notMatch(await target.readToEnd(), '0\r\n\r\n');
  t.match(await ended(), { errorCode: 'request_timeout', bytesIn: 2 });
});

await t.test('upstream-reads: an upstream that does not take the body', async (t) => {
  const { request, clock, ended, gateway } = await startForwarding(t, { route: 'timeouts: { idle: 3s, response: 1s }' });
  const bytes = 32 * 1024 * 1024;
  const { client, target } = await request(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`);
  target.socket.pause();
  client.write(Buffer.alloc(bytes));
  t.ok(await unmoved(() => client.socket.writableLength) > 0, 'the body waits at the client');
  clock.advance(2500);
  t.equal(gateway.ended.length, 0, 'not the bound of the answer, which nobody can give yet');
  clock.advance(1000);
  t.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 504 /);
  t.match(await ended(), { errorCode: 'upstream_timeout', errorDetail: /did not read the request body/ });
});

await t.test('body: each piece gives the next one its time, and one that does not come breaks the answer off', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { idle: 3s }' });
  const { client, target } = await request(GET);
  target.write(CHUNKED);
  for (const piece of ['abc', 'def', 'ghi']) {
    clock.advance(2900);
    target.write(`3\r\n${piece}\r\n`);
    await client.readUntil(piece);
  }
  clock.advance(3300);
  await client.closed;
  t.notMatch(client.received.toString(), '0\r\n\r\n');
  t.match(await ended(), { status: 200, errorCode: 'upstream_timeout', errorDetail: /no byte of the response body/ });
  await target.closed;
});

await t.test('total: the whole of an answer, however lively', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { idle: 3s, total: 5s }' });
  const { client, target } = await request(GET);
  target.write(CHUNKED);
  for (const piece of ['abc', 'def']) {
    clock.advance(2400);
    target.write(`3\r\n${piece}\r\n`);
    await client.readUntil(piece);
  }
  clock.advance(400);
  await client.closed;
  t.match(await ended(), { errorCode: 'upstream_timeout', errorDetail: /longer than 5 s/ });
});

await t.test('stream: event streams have their own bound, and neither that of a body nor that of the whole', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { idle: 1s, total: 2s, stream: 10s }' });
  const { client, target } = await request(GET);
  target.write(EVENTS);
  await client.readUntil('\r\n\r\n');
  for (const event of ['one', 'two']) {
    clock.advance(9500);
    target.write(`5\r\n${event}\n\n\r\n`);
    await client.readUntil(event);
  }
  clock.advance(10_300);
  await client.closed;
  t.match(await ended(), { errorCode: 'upstream_timeout', errorDetail: /no event/ });
});

await t.test('client-reads: a client that reads nothing is cut', async (t) => {
  const { request, clock, gateway, ended } = await startForwarding(t, { route: 'timeouts: { idle: 1s }' });
  const { client, target } = await request(GET);
  const bytes = 32 * 1024 * 1024;
  client.socket.pause();
  target.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`).write(Buffer.alloc(bytes));
  t.ok(await unmoved(() => target.socket.writableLength) > 0, 'the answer waits at the upstream');
  clock.advance(59_000);
  t.equal(gateway.ended.length, 0);
  clock.advance(2000);
  t.match(await ended(), { errorCode: 'client_too_slow', status: 200 });
  await target.closed;
});

await t.test('client-reads: the time of the client begins when what it is to read has been given to its connection', async (t) => {
  const { request, clock, gateway, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  const bytes = 32 * 1024 * 1024;
  client.socket.pause();
  target.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`).write(Buffer.alloc(bytes));
  t.ok(await unmoved(() => target.socket.writableLength) > 0);
  clock.advance(59_000);
  // As a sink in front of the client's own does, which has been at work on it until now.
  gateway.latest().answerer?.onProgress();
  clock.advance(59_000);
  t.equal(gateway.ended.length, 0);
  clock.advance(2000);
  t.match(await ended(), { errorCode: 'client_too_slow' });
  gateway.latest().answerer?.onProgress();
  await target.closed;
});

await t.test('client-reads: over HTTP/2 too, also where the upstream has said all it had to say', async (t) => {
  const { upstream, clock, gateway, ended } = await startForwarding(t, { https: true, upstream: 'keepAlive: { idle: 1h }' });
  const client = await RawHttp2Client.connect(gateway.httpsPort);
  t.teardown(() => client.destroy());
  const window = 65_535;
  // The second one is behind the first in the window of the connection, which nobody opens again.
  for (const [i, bytes] of [window + 2000, 100_000].entries()) {
    const id = 1 + 2 * i;
    client.headers(id, [[':method', 'GET'], [':scheme', 'https'], [':path', '/'], [':authority', 'a']]);
    const target = await upstream.accept();
    await target.readUntil('\r\n\r\n');
    target.write(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`).write(Buffer.alloc(bytes));
    if (i === 0) await target.closed;
    else await eventually(() => client.frames.some(({ stream, type }) => stream === id && type === TYPE.headers));
    clock.advance(59_000);
    t.equal(gateway.ended.length, i);
    clock.advance(2000);
    t.match(await ended(i), { errorCode: 'client_too_slow', status: 200 });
    await target.closed;
    await eventually(() => client.frames.some(({ stream, type }) => stream === id && type === TYPE.reset));
  }
});

await t.test('a bound that is off is none', async (t) => {
  const route = 'timeouts: { response: off, idle: off, stream: off }';
  const { request, clock, ended } = await startForwarding(t, { route });
  const { client, target } = await request(GET);
  clock.advance(86_400_000);
  target.write(CHUNKED);
  await client.readUntil('\r\n\r\n');
  clock.advance(86_400_000);
  target.write('3\r\nabc\r\n0\r\n\r\n');
  t.match(await client.readUntil('0\r\n\r\n'), 'abc');
  t.match(await ended(), { errorCode: '' });
});

await t.test('a request with a body that came whole waits for its answer, not for its client', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { response: 5m }' });
  const { client, target } = await request(post('abc'));
  await target.readUntil('abc');
  clock.advance(200_000);
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { errorCode: '' });
});
