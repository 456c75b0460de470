import t from 'tap';
import { GET, post, startForwarding } from '../helpers/forwarding.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const EXPECTING = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n';
const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

await t.test('an answer is the same however the reads cut it', async (t) => {
  const whole = `HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n${CHUNKED.slice(0, -2)}Trailer: X-Sum\r\nX-A: 1\r\n\r\n5;ext="a\\"b"\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 7\r\n\r\n`;
  const { request, ended } = await startForwarding(t);
  const { client, target } = await request(GET);
  for (let at = 1; at < whole.length; at += 7) {
    if (at > 1) {
      client.write(GET);
      await target.readUntil('\r\n\r\n');
    }
    target.write(whole.slice(0, at));
    // What came so far has been read when the gateway has answered on another turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
    target.write(whole.slice(at));
    t.match(await client.readResponse(), { status: 103, headers: { link: '</a>' } });
    t.match(await client.readResponse(), { status: 200, text: 'hello!', headers: { 'x-a': '1' }, trailers: { 'x-sum': '7' } }, `cut at ${at}`);
  }
  t.match(await ended(), { errorCode: '' });
});

await t.test('answers without a body end with their head', async (t) => {
  const { request } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(OK);
  await client.readResponse();
  const cases = [
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500', 200, '500'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', 200, undefined],
    ['GET', 'HTTP/1.1 204 No Content', 204, undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "a"', 304, '500'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0', 200, '0'],
  ] as const;
  for (const [method, head, status, length] of cases) {
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await target.readUntil('\r\n\r\n');
    target.write(`${head}\r\n\r\n`);
    const answer = await client.readResponse({ method });
    t.strictSame([answer.status, answer.headers['content-length']], [status, length], head);
    t.equal(client.received.length, 0, 'nothing follows');
  }
});

await t.test('an answer that lasts until its connection ends is whole then, and so it is for the client', async (t) => {
  const { request, ended, upstream } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write('HTTP/1.1 200 OK\r\n\r\nuntil ');
  t.match(await client.readUntil('until '), /transfer-encoding: chunked/i);
  target.write('the end').end();
  t.match(await client.readUntil('0\r\n\r\n'), 'the end');
  t.match(await ended(), { errorCode: '', bytesOut: 13 });
  const old = await request('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  old.target.write('HTTP/1.0 200 OK\r\n\r\nold').end();
  t.equal((await old.client.readToEnd()).split('\r\n\r\n')[1], 'old');
  t.equal(old.client.error, null, 'an end, not a reset');
  t.equal(upstream.connections, 2);
});

await t.test('a head is sent at once, and a body as it comes', async (t) => {
  const { request } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(CHUNKED);
  t.match(await client.readUntil('\r\n\r\n'), '200 OK');
  target.write('3\r\nabc\r\n');
  t.match(await client.readUntil('abc'), 'abc');
  target.write('0\r\n\r\n');
  await client.readUntil('0\r\n\r\n');
});

await t.test('what follows a whole answer reaches nobody, and the connection is not used again', async (t) => {
  for (const garbage of ['x', '\r\n', OK]) {
    const { request, upstream, ended } = await startForwarding(t);
    const { client, target } = await request(GET);
    target.write(`${OK}${garbage}`);
    t.equal((await client.readResponse()).text, 'ok');
    await target.closed;
    client.write(GET);
    const next = await upstream.accept();
    await next.readUntil('\r\n\r\n');
    next.write(OK);
    t.equal((await client.readResponse()).text, 'ok');
    t.match(await ended(1), { errorCode: '', attempts: 1 });
  }
});

await t.test('an answer that cannot be framed with certainty is a 502 and the end of its connection', async (t) => {
  const heads = ['Content-Length: 2\r\nContent-Length: 2', 'Content-Length: 2\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Content-Length: +2'];
  for (const head of heads) {
    const { request, ended } = await startForwarding(t);
    const { client, target } = await request(GET);
    target.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\nok`);
    t.equal((await client.readResponse()).status, 502, head);
    await target.closed;
    t.match(await ended(), { errorCode: 'upstream_bad_response' });
  }
});

await t.test('Expect: the upstream says 100, and only then the client is asked for its body', async (t) => {
  const { request, ended } = await startForwarding(t);
  const { client, target, head } = await request(EXPECTING);
  t.match(head, /\r\nExpect: 100-continue\r\n/);
  t.equal(client.received.length, 0);
  target.write('HTTP/1.1 100 Continue\r\n\r\n');
  t.equal((await client.readResponse()).status, 100);
  client.write('body');
  t.equal(await target.readUntil('body'), 'body');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { bytesIn: 4, errorCode: '' });
});

await t.test('Expect: the upstream refuses at once, and the body is never asked for', async (t) => {
  const { request, ended } = await startForwarding(t);
  const { client, target } = await request(EXPECTING);
  target.write('HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno');
  t.match(await client.readResponse(), { status: 417, text: 'no', headers: { connection: 'close' } });
  await client.closed;
  await target.closed;
  t.match(await ended(), { bytesIn: 0, errorCode: '' });
});

await t.test('Expect: the upstream says nothing, and after a second the body goes on its way', async (t) => {
  const { request, clock } = await startForwarding(t);
  const { client, target } = await request(EXPECTING);
  clock.advance(900);
  t.equal(client.received.length, 0);
  clock.advance(300);
  t.equal((await client.readResponse()).status, 100);
  client.write('body');
  t.equal(await target.readUntil('body'), 'body');
  target.write('HTTP/1.1 100 Continue\r\n\r\n');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200, 'a late 100 is not passed on');
});

await t.test('Expect: on a connection that was closed meanwhile the request is sent once more, for its body is still here', async (t) => {
  const { request, upstream } = await startForwarding(t);
  const { client, target } = await request(GET);
  target.write(OK);
  await client.readResponse();
  client.write(EXPECTING.replace('POST', 'PUT'));
  await target.readUntil('\r\n\r\n');
  target.destroy();
  const fresh = await upstream.accept();
  await fresh.readUntil('\r\n\r\n');
  fresh.write('HTTP/1.1 100 Continue\r\n\r\n');
  t.equal((await client.readResponse()).status, 100);
  client.write('body');
  await fresh.readUntil('body');
  fresh.write(OK);
  t.equal((await client.readResponse()).status, 200);
});

await t.test('100 that the client did not wait for is kept from it', async (t) => {
  const { request } = await startForwarding(t);
  const { client, target } = await request(post('abc'));
  target.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  t.equal((await client.readResponse()).status, 200);
});

await t.test('a body is passed on as it comes, in the framing the client chose', async (t) => {
  const { request, ended } = await startForwarding(t);
  const { client, target, head } = await request(`${CHUNKED_POST}3\r\nabc\r\n`);
  t.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
  await target.readUntil('3\r\nabc\r\n');
  client.write('2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n');
  t.equal(await target.readUntil('0\r\n\r\n'), '2\r\nde\r\n0\r\n\r\n');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await ended(), { bytesIn: 5 });
});

await t.test('an answer before the end of a long body reaches the client whole, even if it reads only afterwards', async (t) => {
  const { request, ended } = await startForwarding(t);
  const long = 8 * 1024 * 1024;
  const { client, target } = await request(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${long}\r\n\r\n`);
  client.socket.pause();
  client.write(Buffer.alloc(long / 2));
  target.socket.pause();
  target.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig');
  t.match(await ended(), { status: 413 });
  client.write(Buffer.alloc(long / 2));
  client.socket.resume();
  t.match(await client.readResponse(), { status: 413, text: 'big', headers: { connection: 'close' } });
  await client.closed;
});

await t.test('after an answer before the end of the body neither connection carries another request', async (t) => {
  const { request, upstream, ended } = await startForwarding(t);
  const { client, target } = await request(`${CHUNKED_POST}3\r\nabc\r\n`);
  await target.readUntil('abc\r\n');
  target.write(OK);
  t.match(await client.readResponse(), { status: 200, headers: { connection: 'close' } });
  await target.closed;
  client.write(`0\r\n\r\n${GET}`);
  t.equal(await client.readToEnd(), '');
  t.equal(upstream.connections, 1);
  t.match(await ended(), { errorCode: '' });
});

await t.test('an answer that comes before the end of the body lets the body go on, where both are at work', async (t) => {
  const { request } = await startForwarding(t);
  const { client, target } = await request(`${CHUNKED_POST}1\r\na\r\n`);
  await target.readUntil('a\r\n');
  target.write(`${CHUNKED}1\r\nA\r\n`);
  await client.readUntil('A\r\n');
  client.write('1\r\nb\r\n0\r\n\r\n');
  await target.readUntil('0\r\n\r\n');
  target.write('1\r\nB\r\n0\r\n\r\n');
  t.match(await client.readUntil('0\r\n\r\n'), 'B');
});

await t.test('a slow reader pauses the upstream instead of filling memory', async (t) => {
  const { request, clock, ended } = await startForwarding(t, { route: 'timeouts: { idle: 1s }' });
  const { client, target } = await request(GET);
  client.socket.pause();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const total = 64 * piece.length;
  target.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
  for (let sent = 0; sent < total; sent += piece.length) target.write(piece);
  const waiting = await unmoved(() => target.socket.writableLength);
  t.ok(waiting > total / 2, `${waiting} bytes wait at the upstream`);
  clock.advance(2000);
  t.equal(client.socket.closed, false, 'it is the client that is waited for, not the upstream');
  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  client.socket.resume();
  t.match(await ended(), { bytesOut: total, errorCode: '' });
  await eventually(() => received > total);
});
