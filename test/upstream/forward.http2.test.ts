import { constants } from 'node:http2';
import t from 'tap';
import { startForwarding } from '../helpers/forwarding.ts';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { END_STREAM, RawHttp2Client, TYPE, type Http2Field } from '../helpers/raw-http2.ts';
import { OK } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

function fields(method: string): readonly Http2Field[] {
  return [[':method', method], [':scheme', 'https'], [':path', '/'], [':authority', 'a']];
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

await t.test('a request and its answer change protocol and nothing else', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const answer = requestH2(session, { ':method': 'POST', ':path': '/a?b', 'x-one': ['1', '2'], cookie: 'a=1; b=2', te: 'trailers' }, 'hello');
  const target = await upstream.accept();
  const head = await target.readUntil('\r\n\r\n');
  t.match(head, /^POST \/a\?b HTTP\/1\.1\r\nHost: localhost:\d+\r\n/);
  t.match(head, /\r\nx-one: 1\r\nx-one: 2\r\n/);
  t.match(head, /\r\nCookie: a=1; b=2\r\n/);
  t.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
  t.match(head, /\r\nVia: 2 sluice\r\n/);
  t.notMatch(head, /\r\n:/);
  t.equal(await target.readUntil('0\r\n\r\n'), '5\r\nhello\r\n0\r\n\r\n');
  target.write('HTTP/1.1 201 Made\r\nX-Up: a\r\nX-Up: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\nX-Sum: 8\r\n\r\n');
  t.match(await answer, {
    status: 201, body: Buffer.from('ok'), resetCode: 0,
    headers: { 'x-up': 'a, b', 'set-cookie': ['a=1', 'b=2'] }, trailers: { 'x-sum': '7, 8' },
  });
  t.match(await ended(), { status: 201, errorCode: '', bytesIn: 5, bytesOut: 2 });
});

await t.test('whatever head an upstream sends, an HTTP/2 client gets an answer and the process lives', async (t) => {
  const { upstream, gateway } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const heads: readonly (readonly [head: string, status: number])[] = [
    ['999 Odd\r\nContent-Length: 0', 502],
    ['600 Odd\r\nContent-Length: 0', 502],
    ['200 OK\r\nContent-Length: 0\r\nHTTP2-Settings: abc', 200],
    ['200 OK\r\nContent-Length: 0\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTE: gzip', 200],
    ['200 OK\r\nContent-Length: 0\r\nContent-Type: text/a\r\nContent-Type: text/b', 200],
    ['200 OK\r\nContent-Length: 0\r\nETag: "a"\r\nETag: "b"\r\nLocation: /a\r\nLocation: /b\r\nAge: 1\r\nAge: 2\r\nExpires: 0\r\nExpires: 0', 200],
    ['200 OK\r\nContent-Length: 0\r\nDate: a\r\nDate: b\r\nServer: a\r\nServer: b\r\nRetry-After: 1\r\nRetry-After: 1', 200],
    ['200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Credentials: true', 200],
    ['200 OK\r\nContent-Length: 0\r\nTrailer: x', 200],
    ['200 OK\r\nContent-Length: 0\r\nX-Text: caf\xe9 \xff\r\nContent-Disposition: attachment; filename="\xe9.txt"', 200],
    ['200 OK\r\nContent-Length: 0\r\n__proto__: x\r\nconstructor: y', 200],
    ['204 No Content', 204],
    ['205 Reset\r\nContent-Length: 0', 205],
    ['304 Not Modified\r\nContent-Length: 500', 304],
  ];
  for (const [head, status] of heads) {
    const answer = requestH2(session, { ':path': '/' });
    const target = await upstream.accept();
    await target.readUntil('\r\n\r\n');
    target.write(`HTTP/1.1 ${head}\r\n\r\n`);
    t.match(await answer, { status, resetCode: 0 }, head);
    target.destroy();
    await eventually(() => upstream.open === 0);
  }
});

await t.test('interim answers pass before the final one', async (t) => {
  const { upstream, gateway } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const answer = requestH2(session, { ':path': '/' });
  const target = await upstream.accept();
  await target.readUntil('\r\n\r\n');
  target.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\nLink: </b>\r\nConnection: Keep-Alive\r\nKeep-Alive: x\r\n\r\nHTTP/1.1 199 Odd\r\n\r\n');
  target.write(OK);
  t.match(await answer, { status: 200, informational: [{ ':status': 103, link: '</a>, </b>' }, { ':status': 199 }] });
});

await t.test('what the upstream breaks off is a reset stream without an end, and the connection lives on', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true });
  const client = await RawHttp2Client.connect(gateway.httpsPort);
  t.teardown(() => client.destroy());
  for (const [i, answer] of [`${CHUNKED}5\r\nhello\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'].entries()) {
    const id = 1 + 2 * i;
    client.headers(id, fields('GET'));
    const target = await upstream.accept();
    await target.readUntil('\r\n\r\n');
    target.write(answer);
    await eventually(() => client.frames.some(({ stream, type }) => stream === id && type === TYPE.data));
    target.destroy();
    const reset = await eventually(() => client.frames.find(({ stream, type }) => stream === id && type === TYPE.reset));
    t.equal(reset.payload.readUInt32BE(), constants.NGHTTP2_INTERNAL_ERROR);
    t.notOk(client.frames.some(({ stream, flags }) => stream === id && (flags & END_STREAM) !== 0), 'no frame says that it was all');
    t.match(await ended(i), { errorCode: 'upstream_cut', status: 200 });
  }
  t.notOk(client.closed);
});

await t.test('a stream the client resets within its body, with whatever code, is not ended upstream as if it were whole', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true });
  const client = await RawHttp2Client.connect(gateway.httpsPort);
  t.teardown(() => client.destroy());
  const codes = [constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_INTERNAL_ERROR];
  for (const [i, code] of codes.entries()) {
    const id = 1 + 2 * i;
    client.headers(id, fields('POST'), { end: false }).data(id, 'half', { end: false });
    const target = await upstream.accept();
    await target.readUntil('half\r\n');
    client.reset(id, code);
    t.equal(await target.readToEnd(), '', `code ${code}`);
    t.match(await ended(i), { errorCode: 'client_closed', status: 499, bytesIn: 4 });
  }
  await eventually(() => upstream.open === 0);
});

await t.test('a session that dies takes all its requests with it', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const answers = [1, 2, 3].map(async () => answerOf(session.request({ ':path': '/' })));
  const targets = [await upstream.accept(), await upstream.accept(), await upstream.accept()];
  targets[0]?.write(`${CHUNKED}3\r\nabc\r\n`);
  session.destroy();
  await Promise.all([...answers, ...targets.map(async (target) => target.closed)]);
  for (const i of [0, 1, 2]) t.match(await ended(i), { errorCode: 'client_closed' });
});

await t.test('an answer before the whole body: the client has it, and the stream is over', async (t) => {
  const { upstream, gateway, ended } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  const answer = answerOf(stream);
  stream.write('half');
  const target = await upstream.accept();
  await target.readUntil('half\r\n');
  target.write('HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nbig');
  t.match(await answer, { status: 413, body: Buffer.from('big') });
  await target.closed;
  t.match(await ended(), { status: 413, errorCode: '' });
});

await t.test('HEAD over HTTP/2 has the length and no body', async (t) => {
  const { upstream, gateway } = await startForwarding(t, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  for (const head of ['Content-Length: 700', 'Transfer-Encoding: chunked', 'X-None: 1']) {
    const answer = requestH2(session, { ':method': 'HEAD', ':path': '/' });
    const target = await upstream.accept();
    await target.readUntil('\r\n\r\n');
    target.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n${head}\r\n\r\n`);
    t.match(await answer, { status: 200, body: Buffer.alloc(0), resetCode: 0 }, head);
  }
});
