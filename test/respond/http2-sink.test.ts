import { constants, type ClientHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import type { Sink } from '../../src/exchange/sink.ts';
import { Http2Sink } from '../../src/respond/http2-sink.ts';
import { startHttp2Sinks, type SinkReport } from '../helpers/answering.ts';
import { answerOf, requestH2 } from '../helpers/h2-client.ts';
import { eventually } from '../helpers/wait-for.ts';

type Script = (sink: Sink, report: SinkReport) => void;

async function start(t: Test, script: Script): Promise<{ readonly session: ClientHttp2Session; readonly sinks: Sink[]; readonly reports: SinkReport[] }> {
  const sinks: Sink[] = [];
  const reports: SinkReport[] = [];
  const session = await startHttp2Sinks(t, (sink, report) => {
    script(sink, report);
    sinks.push(sink);
    reports.push(report);
  });
  return { session, sinks, reports };
}

await t.test('head, pieces, end with trailers: as they were given, and told whole', async (t) => {
  const { session, sinks, reports } = await start(t, (sink) => {
    sink.head(201, 'Made', ['X-A', '1', 'x-a', '2', 'Set-Cookie', 'a', 'Set-Cookie', 'b'], -1, true);
    sink.write(Buffer.from('one'));
    sink.end(Buffer.from('two'), ['X-Sum', '7', 'X-Sum', '8']);
  });
  const answer = await requestH2(session, { ':path': '/' });
  t.match(answer, { status: 201, headers: { 'x-a': '1, 2', 'set-cookie': ['a', 'b'] }, trailers: { 'x-sum': '7, 8' }, resetCode: 0 });
  t.equal(answer.body.toString(), 'onetwo');
  await reports[0]?.closed;
  t.strictSame(reports[0]?.closes, [true]);
  t.match(sinks[0], { bytesOut: 6, closed: true, headSent: true, pending: false });
});

await t.test('trailers that were announced need not come', async (t) => {
  const { session, reports } = await start(t, (sink) => {
    sink.head(200, '', [], -1, true);
    sink.end(null, []);
  });
  t.match(await requestH2(session, { ':path': '/' }), { status: 200, resetCode: 0, trailers: {} });
  await reports[0]?.closed;
  t.strictSame(reports[0]?.closes, [true]);
});

await t.test('a head that is held back is sent by flush', async (t) => {
  const { session, sinks } = await start(t, (sink) => sink.head(200, '', [], -1, false));
  const stream = session.request({ ':path': '/' });
  const answer = answerOf(stream);
  await eventually(() => sinks.length === 1);
  const arrived = new Promise((resolve) => stream.once('response', resolve));
  sinks[0]?.flush();
  sinks[0]?.flush();
  await arrived;
  sinks[0]?.end(Buffer.from('ok'), []);
  t.equal((await answer).body.toString(), 'ok');
});

await t.test('interim answers come before; 101 means nothing here', async (t) => {
  const { session } = await start(t, (sink) => {
    sink.informational(101, []);
    sink.informational(103, ['Link', '</a>', 'Link', '</b>']);
    sink.continue();
    sink.head(200, '', [], 0, false);
    sink.informational(103, []);
    sink.continue();
    sink.end(null, []);
  });
  const answer = await requestH2(session, { ':path': '/' });
  t.match(answer.informational, [{ ':status': 103, link: '</a>, </b>' }]);
  t.equal(answer.status, 200);
});

await t.test('answers without a body are over with their head', async (t) => {
  for (const status of [200, 204, 205, 304, 500]) {
    const { session, reports } = await start(t, (sink) => {
      sink.head(status, '', ['ETag', '"a"'], 0, false);
      sink.end(null, []);
    });
    t.match(await requestH2(session, { ':path': '/' }), { status, resetCode: 0, headers: { etag: '"a"' } });
    await reports[0]?.closed;
    t.strictSame(reports[0]?.closes, [true]);
  }
});

await t.test('bytes that have not left are told of, and so is the moment they have', async (t) => {
  const { session, sinks, reports } = await start(t, (sink) => sink.head(200, '', [], -1, false));
  const stream = session.request({ ':path': '/' });
  const response = new Promise((resolve) => stream.once('response', resolve));
  await eventually(() => sinks.length === 1);
  const [sink] = sinks;
  const [report] = reports;
  let more = true;
  let written = 0;
  for (; more && written < 64 * 1024 * 1024; written += 16_000) more = sink?.write(Buffer.alloc(16_000)) ?? false;
  await response;
  t.equal(more, false);
  t.equal(sink?.pending, true);
  const drained = new Promise<void>((resolve) => {
    if (report !== undefined) report.onDrainCall = resolve;
  });
  stream.resume();
  await drained;
  t.equal(sink?.pending, false);
  sink?.end(null, []);
  await report?.closed;
  t.strictSame(report?.closes, [true]);
});

await t.test('an answer broken off is a reset stream', async (t) => {
  for (const headers of [['Content-Length', '9'], []]) {
    const { session, sinks, reports } = await start(t, (sink) => {
      sink.head(200, '', [...headers], headers.length === 0 ? -1 : 9, false);
      sink.write(Buffer.from('part'));
    });
    const stream = session.request({ ':path': '/' });
    const answer = answerOf(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    sinks[0]?.abort();
    sinks[0]?.abort();
    t.equal((await answer).resetCode, constants.NGHTTP2_INTERNAL_ERROR);
    await reports[0]?.closed;
    t.strictSame(reports[0]?.closes, [false]);
  }
});

await t.test('a client that went away is told once, and makes every call a no-op', async (t) => {
  for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_REFUSED_STREAM]) {
    const { session, sinks, reports } = await start(t, (sink) => {
      sink.head(200, '', [], -1, true);
      sink.write(Buffer.from('part'));
    });
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.close(code);
    await reports[0]?.closed;
    const sink = sinks[0]!;
    sink.informational(103, []);
    sink.continue();
    sink.head(500, '', [], 0, false);
    sink.flush();
    sink.end(Buffer.from('more'), ['X-A', '1']);
    sink.abort();
    sink.closeAfter();
    t.strictSame([sink.write(Buffer.from('more')), sink.upgrade('websocket', []), sink.bytesOut], [true, null, 4]);
    t.strictSame(reports[0]?.closes, [false], `code ${code}`);
  }
});

await t.test('a session that dies within answers is told to each, once', async (t) => {
  const { session, reports } = await start(t, (sink) => {
    sink.head(200, '', [], -1, false);
    sink.write(Buffer.alloc(200_000));
  });
  const streams = [1, 2, 3].map(() => session.request({ ':path': '/' }));
  for (const stream of streams) stream.on('error', () => undefined);
  await eventually(() => reports.length === 3);
  session.destroy();
  await Promise.all(reports.map(async ({ closed }) => closed));
  t.strictSame(reports.map(({ closes }) => closes), [[false], [false], [false]]);
});

await t.test('an answer before the end of the request ends the stream, whole and without blame', async (t) => {
  const { session, reports } = await start(t, (sink) => {
    sink.head(413, '', ['Content-Length', '3'], 3, false);
    sink.end(Buffer.from('big'), []);
  });
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  stream.write('a part');
  const answer = await answerOf(stream);
  t.match(answer, { status: 413, resetCode: 0 });
  t.equal(answer.body.toString(), 'big');
  await reports[0]?.closed;
  t.strictSame(reports[0]?.closes, [true]);
});

await t.test('a large answer to a slow reader is whole, with the request unread and all', async (t) => {
  const { session, reports } = await start(t, (sink) => {
    sink.head(200, '', [], -1, false);
    sink.end(Buffer.alloc(2_000_000, 'x'), []);
  });
  const answer = await requestH2(session, { ':method': 'POST', ':path': '/' }, 'body');
  t.equal(answer.body.length, 2_000_000);
  await reports[0]?.closed;
  t.strictSame(reports[0]?.closes, [true]);
});

await t.test('an upgrade is a 200 without the proof of the old handshake, and reports nothing any more', async (t) => {
  const { session, sinks, reports } = await start(t, () => undefined);
  const stream = session.request({ ':path': '/' }, { endStream: false });
  const answer = answerOf(stream);
  await eventually(() => sinks.length === 1);
  const duplex = sinks[0]?.upgrade('websocket', ['X-A', '1', 'Sec-WebSocket-Accept', 'x', 'X-B', '2']);
  duplex?.on('data', (chunk: Buffer) => duplex.write(chunk));
  stream.write('ping');
  await new Promise((resolve) => stream.once('data', resolve));
  duplex?.end();
  stream.end();
  const { status, headers, body } = await answer;
  t.match({ status, headers, text: body.toString() }, { status: 200, headers: { 'x-a': '1', 'x-b': '2', 'sec-websocket-accept': undefined }, text: 'ping' });
  t.strictSame(reports[0]?.closes, []);
});

await t.test('a stream that is over names nothing of its request: what it can reach is taken along by quick collections', async (t) => {
  const streams: ServerHttp2Stream[] = [];
  const reports: SinkReport[] = [];
  const session = await startHttp2Sinks(t, (sink, report, stream) => {
    streams.push(stream);
    reports.push(report);
    sink.head(200, '', ['Date', 'Sat, 21 Nov 2026 12:00:00 GMT', 'X-Long', 'a'.repeat(100)], 2, false);
    sink.end(Buffer.from('hi'), []);
  });
  for (let i = 0; i < 2; i += 1) await requestH2(session, { ':path': '/' });
  await eventually(() => reports.every(({ closes }) => closes.length === 1));
  const [one, two] = streams as [ServerHttp2Stream, ServerHttp2Stream];
  for (const event of ['close', 'drain', 'error']) t.strictSame(one.listeners(event), two.listeners(event), 'one listener serves all streams');
  const held = Reflect.ownKeys(one).map((key) => Reflect.get(one, key) as unknown);
  t.notOk(held.some((value) => value instanceof Http2Sink));
  t.notMatch(inspect(held), /aaa/);
});
