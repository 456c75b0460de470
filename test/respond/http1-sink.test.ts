import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import type { Sink } from '../../src/exchange/sink.ts';
import { startHttp1Sinks, SinkReport } from '../helpers/answering.ts';
import { startForwarding } from '../helpers/forwarding.ts';
import { RawClient } from '../helpers/raw-client.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const OLD_GET = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n';

/** Of a TLS record (RFC 5246 §6.2.1). */
const ALERT = 21;

function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes.readUInt8(at));
  return types;
}

type Script = (sink: Sink, report: SinkReport) => void;

async function ask(t: Parameters<typeof startHttp1Sinks>[0], text: string, script: Script): Promise<{ readonly client: RawClient; readonly sink: Sink; readonly report: SinkReport }> {
  const { promise, resolve } = Promise.withResolvers<{ sink: Sink; report: SinkReport }>();
  const port = await startHttp1Sinks(t, (sink, report) => {
    script(sink, report);
    resolve({ sink, report });
  });
  const client = await RawClient.connect({ port });
  t.teardown(() => client.destroy());
  client.write(text);
  return { client, ...(await promise) };
}

await t.test('head, pieces, end with trailers: as they were given, and told whole', async (t) => {
  const { client, sink, report } = await ask(t, GET, (sink) => {
    sink.head(201, 'Made', ['X-A', '1', 'x-a', '2'], -1, true);
    sink.write(Buffer.from('one'));
    sink.end(Buffer.from('two'), ['X-Sum', '7', 'X-Sum', '8']);
  });
  const answer = await client.readResponse();
  t.match(answer, { status: 201, reason: 'Made', text: 'onetwo', trailers: { 'x-sum': '7, 8' } });
  t.strictSame(answer.rawHeaders.slice(0, 2), [['X-A', '1'], ['x-a', '2']]);
  await report.closed;
  t.strictSame(report.closes, [true]);
  t.match(sink, { bytesOut: 6, closed: true, headSent: true, pending: false });
});

await t.test('a head that is held back is sent by flush, and only once', async (t) => {
  const { client, sink } = await ask(t, GET, (sink) => sink.head(200, '', ['Content-Length', '2'], 2, false));
  sink.flush();
  sink.flush();
  t.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n/);
  sink.end(Buffer.from('ok'), []);
  t.equal(await client.readUntil('ok'), 'ok');
});

await t.test('interim answers come before, and are kept from HTTP/1.0', async (t) => {
  const { client } = await ask(t, GET, (sink) => {
    sink.informational(103, ['Link', '</a>', 'Link', '</b>']);
    sink.continue();
    sink.head(200, '', ['Content-Length', '0'], 0, false);
    sink.informational(103, []);
    sink.continue();
    sink.end(null, []);
  });
  t.match(await client.readResponse(), { status: 103, headers: { link: '</a>, </b>' } });
  t.equal((await client.readResponse()).status, 100);
  t.equal((await client.readResponse()).status, 200);
  t.equal(client.received.length, 0, 'none after the head');
  const old = await ask(t, OLD_GET, (sink) => {
    sink.informational(103, ['Link', '</a>']);
    sink.head(200, '', ['Content-Length', '0'], 0, false);
    sink.end(null, []);
  });
  t.equal((await old.client.readResponse()).status, 200);
});

await t.test('bytes that have not left are told of, and so is the moment they have', async (t) => {
  const { client, sink, report } = await ask(t, GET, (sink) => sink.head(200, '', [], -1, false));
  client.socket.pause();
  let more = true;
  let written = 0;
  for (; !sink.pending && written < 64 * 1024 * 1024; written += 65_536) more = sink.write(Buffer.alloc(65_536));
  t.equal(more, false);
  t.equal(sink.pending, true);
  const drained = new Promise<void>((resolve) => {
    report.onDrainCall = resolve;
  });
  client.socket.removeAllListeners('data').resume();
  await drained;
  t.equal(sink.pending, false);
  t.equal(sink.bytesOut, written);
});

await t.test('an answer broken off can be told from a whole one', async (t) => {
  const cases = [
    [GET, ['Content-Length', '9'], 9, null],
    [GET, [], -1, null],
    [OLD_GET, [], -1, 'ECONNRESET'],
    [OLD_GET, ['Content-Length', '9'], 9, null],
  ] as const;
  for (const [request, headers, length, error] of cases) {
    const { client, sink, report } = await ask(t, request, (sink) => {
      sink.head(200, '', [...headers], length, false);
      sink.write(Buffer.from('part'));
    });
    await client.readUntil('part');
    sink.abort();
    await client.closed;
    t.equal(client.error?.code ?? null, error);
    t.notMatch(client.received.toString(), '0\r\n\r\n');
    await report.closed;
    t.strictSame(report.closes, [false]);
  }
});

await t.test('over TLS an HTTP/1.0 answer broken off has no close_notify, a whole one has', async (t) => {
  const { upstream, gateway } = await startForwarding(t, { https: true, upstream: 'keepAlive: { connections: 0 }' });
  for (const whole of [false, true]) {
    const records: Buffer[] = [];
    const relay = net.createServer((socket) => {
      const other = net.connect(gateway.httpsPort, '127.0.0.1');
      other.on('data', (chunk: Buffer) => records.push(chunk));
      for (const each of [socket, other]) each.on('error', () => each.destroy());
      socket.pipe(other).pipe(socket);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    t.teardown(() => relay.close());
    // In TLS 1.2 the type of a record can be seen from outside.
    const client = await RawClient.connect({ port: (relay.address() as AddressInfo).port, tls: { rejectUnauthorized: false, maxVersion: 'TLSv1.2' } });
    client.write(OLD_GET);
    const target = await upstream.accept();
    await target.readUntil('\r\n\r\n');
    target.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
    await client.readUntil('part');
    if (whole) target.write('0\r\n\r\n');
    target.end();
    await client.closed;
    t.equal(recordTypes(Buffer.concat(records)).includes(ALERT), whole);
  }
});

await t.test('a client that went away is told once, and makes every call a no-op', async (t) => {
  const { client, sink, report } = await ask(t, GET, (sink) => {
    sink.head(200, '', [], -1, false);
    sink.write(Buffer.from('part'));
  });
  await client.readUntil('part');
  client.destroy();
  await report.closed;
  const { bytesOut } = sink;
  sink.informational(103, []);
  sink.continue();
  sink.head(500, '', [], 0, false);
  sink.flush();
  sink.end(Buffer.from('more'), ['X-A', '1']);
  sink.abort();
  sink.closeAfter();
  t.strictSame([sink.write(Buffer.from('more')), sink.upgrade('websocket', []), sink.bytesOut], [true, null, bytesOut]);
  t.strictSame(report.closes, [false]);
});

await t.test('closeAfter ends the connection behind the answer', async (t) => {
  const { client } = await ask(t, GET, (sink) => {
    sink.closeAfter();
    sink.head(200, '', ['Content-Length', '2'], 2, false);
    sink.end(Buffer.from('ok'), []);
  });
  t.match(await client.readResponse(), { headers: { connection: 'close' }, text: 'ok' });
  await client.closed;
});

await t.test('an upgrade hands the connection over, and reports nothing any more', async (t) => {
  const { client, sink, report } = await ask(t, GET, () => undefined);
  const duplex = sink.upgrade('websocket', ['Sec-WebSocket-Accept', 'x', 'X-Bytes', '\xe9']);
  t.match(await client.readResponse(), { status: 101, headers: { connection: 'Upgrade', 'upgrade': 'websocket', 'sec-websocket-accept': 'x', 'x-bytes': '\xe9' } });
  t.equal(sink.headSent, true);
  t.equal(sink.upgrade('websocket', []), null, 'once');
  duplex?.write('raw');
  t.equal(await client.readUntil('raw'), 'raw');
  duplex?.destroy();
  await client.closed;
  t.strictSame(report.closes, []);
});

await t.test('a short answer waits for the end of the turn, unless it is told to go, and is whole in any case', async (t) => {
  for (const isFlushed of [true, false]) {
    const { client, report } = await ask(t, GET, (sink) => {
      sink.head(200, '', ['Content-Length', '2'], 2, false);
      sink.end(Buffer.from('ok'), []);
      if (isFlushed) sink.flush();
    });
    t.equal((await client.readResponse()).text, 'ok');
    await report.closed;
    t.strictSame(report.closes, [true]);
  }
});

await t.test('what was promised in the head is kept: a connection that is to close after this answer stays for the next', async (t) => {
  const { client, sink } = await ask(t, GET, (sink) => {
    sink.head(200, '', ['Content-Length', '2'], 2, false);
    sink.end(Buffer.from('ok'), []);
    sink.closeAfter();
  });
  t.equal(sink.closesAfter, false);
  t.equal((await client.readResponse()).headers['connection'], 'keep-alive');
});
