import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { Exchange } from '../../src/exchange/exchange.ts';
import { RequestHead } from '../../src/exchange/request-head.ts';
import { RecordingSink, sampleExchange } from '../helpers/sample-exchange.ts';

function start(headers: readonly string[] = ['Host', 'a']): { readonly exchange: Exchange; readonly told: string[] } {
  const told: string[] = [];
  const exchange = new Exchange({
    startedAtMs: 1, startedMs: 2, secure: true, protocol: 'HTTP/1.1', tlsVersion: 'TLSv1.3', method: 'POST', url: '/a', authority: null,
    head: new RequestHead(headers), peerAddress: '192.0.2.1', localPort: 443, onEnd: () => told.push('log'),
  });
  exchange.owner = { onUnread: () => told.push('unread'), onExchangeEnd: () => told.push('owner') };
  exchange.answerer = { onDrain: () => told.push('drain'), onProgress: () => told.push('progress'), onClose: () => told.push('answerer') };
  return { exchange, told };
}

await t.test('the end is told once: to who answers, to the generation, to the log', async (t) => {
  const { exchange, told } = start();
  exchange.status = 200;
  exchange.onDrain();
  exchange.onClose(true);
  exchange.onClose(false);
  exchange.end();
  t.strictSame(told, ['drain', 'answerer', 'owner', 'log']);
  t.match(exchange, { ended: true, status: 200, errorCode: '' });
});

await t.test('a tunnel ends it without a sink, and the close that follows changes nothing', async (t) => {
  const { exchange, told } = start();
  exchange.status = 101;
  exchange.end();
  exchange.onClose(false);
  t.strictSame(told, ['owner', 'log']);
  t.match(exchange, { status: 101, errorCode: '' });
});

await t.test('what has become a tunnel holds on neither to the answer nor to who gave it', async (t) => {
  const { exchange } = start();
  const [sink, stream] = [new RecordingSink(), new PassThrough()];
  exchange.sink = Object.assign(sink, { upgrade: () => stream });
  t.equal(exchange.upgradeTo('websocket', []), stream);
  t.strictSame([exchange.sink === sink, exchange.answerer], [false, null]);
  t.ok(exchange.sink.closesAfter, 'no other request comes on that connection');
});

await t.test('a client that went away is the reason only where there was none before', async (t) => {
  const gone = start().exchange;
  gone.onClose(false);
  t.match(gone, { errorCode: 'client_closed', status: 499 });
  const failed = start().exchange;
  failed.fail('upstream_timeout', 'first');
  failed.fail('upstream_cut', 'second');
  failed.onClose(false);
  t.match(failed, { errorCode: 'upstream_timeout', errorDetail: 'first', status: 504 });
  const within = start().exchange;
  within.status = 200;
  within.onClose(false);
  t.match(within, { errorCode: 'client_closed', status: 200 }, 'the status is what the client was told');
});

await t.test('its connection is told once that it need not be remembered any more', async (t) => {
  const { exchange } = start();
  const released: Exchange[] = [];
  exchange.slot = { release: (ended) => released.push(ended) };
  exchange.end();
  exchange.end();
  t.strictSame(released, [exchange]);
});

await t.test('a body that is left unread ends the connection, unless it is short or was read', async (t) => {
  const withBody = (headers: readonly string[], received = 0): Exchange => {
    const { exchange } = start(headers);
    exchange.body = new Readable({ read: () => undefined });
    exchange.bytesIn = received;
    return exchange;
  };
  t.equal(start().exchange.leavesBodyUnread, false);
  t.equal(withBody(['Content-Length', '1000']).leavesBodyUnread, false);
  t.equal(withBody(['Content-Length', '1000000']).leavesBodyUnread, true);
  t.equal(withBody(['Content-Length', '1000000'], 999_000).leavesBodyUnread, false);
  t.equal(withBody(['Transfer-Encoding', 'chunked'], 999_000).leavesBodyUnread, true, 'nobody knows how much is to come');
  const expecting = withBody(['Content-Length', '10', 'Expect', '100-continue']);
  expecting.expectContinue = true;
  t.equal(expecting.leavesBodyUnread, true, 'it may never come');
  expecting.bytesIn = 5;
  t.equal(expecting.leavesBodyUnread, false, 'it has begun to come');
  const read = withBody(['Transfer-Encoding', 'chunked']);
  read.body?.push(null);
  read.body?.resume();
  await new Promise((resolve) => read.body?.once('end', resolve));
  t.equal(read.leavesBodyUnread, false);
});

await t.test('what the head says of the client is there from the start', async (t) => {
  const { exchange } = sampleExchange({ headers: ['User-Agent', 'curl', 'Referer', '/x'], secure: true });
  t.match(exchange, { userAgent: 'curl', referer: '/x', scheme: 'https', secure: true });
});

await t.test('sinks in front hear of drains before those who write to them, the nearest to the client first', async (t) => {
  const { exchange, told } = start();
  const fronts = ['near', 'far'].map((name) => Object.assign(new RecordingSink(), { onDrain: () => told.push(name) }));
  for (const front of fronts) exchange.putInFront(front);
  t.equal(exchange.sink, fronts[1]);
  exchange.onDrain();
  t.strictSame(told, ['near']);
  for (const front of fronts) exchange.drained(front);
  t.strictSame(told, ['near', 'far', 'drain']);
});
