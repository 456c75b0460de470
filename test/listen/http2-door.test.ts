import { once } from 'node:events';
import { constants } from 'node:http2';
import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { answer } from '../../src/respond/answer.ts';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';

const PLAIN = { ':path': '/a?b' };

await t.test('a request arrives with what the connection and its pseudo-headers say', async (t) => {
  const { port, ca, exchanges } = await startDoor(t, { secure: true });
  const session = await connectH2(t, port, ca);
  t.match(await requestH2(session, PLAIN), { status: 200, body: Buffer.from('GET /a?b') });
  t.match(await requestH2(session, { ':path': '/b', ':method': 'POST' }, 'body'), { status: 200 });
  t.match(exchanges, [
    { protocol: 'HTTP/2', method: 'GET', url: '/a?b', authority: `localhost:${port}`, secure: true, scheme: 'https', tlsVersion: 'TLSv1.3', peerAddress: '127.0.0.1', localPort: port, body: null, upgrade: '' },
    { method: 'POST', url: '/b' },
  ]);
  t.not(exchanges[1]?.body, null);
});

await t.test('the client is told of the limit on requests at once', async (t) => {
  const { port, ca } = await startDoor(t, { secure: true, listen: 'limits: { streamsPerConnection: 7 }' });
  const session = await connectH2(t, port, ca);
  await eventually(() => session.remoteSettings.maxConcurrentStreams === 7);
  t.equal(session.remoteSettings.enableConnectProtocol, true, 'and that WebSockets may come over HTTP/2');
});

await t.test('headers far above the limits are reset, and take neither the connection nor its other requests with them', async (t) => {
  const { port, ca, exchanges } = await startDoor(t, { secure: true, listen: 'limits: { headerSize: 1KB, headers: 10 }' });
  const session = await connectH2(t, port, ca);
  await requestH2(session, PLAIN);
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`x${i}`, '1']));
  for (const headers of [many, { x: 'a'.repeat(4000) }]) {
    t.equal((await requestH2(session, { ...PLAIN, ...headers })).resetCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
  t.equal(exchanges.length, 1);
  t.equal((await requestH2(session, PLAIN)).status, 200);
});

await t.test('a WebSocket over HTTP/2 becomes an upgrade with a key; a plain CONNECT stays one', async (t) => {
  const { port, ca, exchanges } = await startDoor(t, { secure: true });
  const session = await connectH2(t, port, ca);
  await eventually(() => session.remoteSettings.enableConnectProtocol);
  for (const headers of [{ ':protocol': 'websocket', ':scheme': 'https', ':path': '/ws' }, {}]) {
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'a:443', ...headers }, { endStream: false });
    t.equal((await answerOf(stream)).status, 200);
  }
  t.match(exchanges.map(({ method, url, upgrade, body }) => [method, url, upgrade, body === null]), [['GET', '/ws', 'websocket', true], ['CONNECT', '', '', false]]);
  const raw = exchanges[0]?.head.rawHeaders ?? [];
  t.match(raw[raw.indexOf('sec-websocket-key') + 1], /^[\w+/]{22}==$/);
});

await t.test('a drain says GOAWAY, lets the streams in work finish and then closes the connection', async (t) => {
  const held: Exchange[] = [];
  const { port, ca, door } = await startDoor(t, { secure: true, handle: (exchange) => void held.push(exchange) });
  const [busy, idle] = [await connectH2(t, port, ca), await connectH2(t, port, ca)];
  const inWork = answerOf(busy.request(PLAIN));
  await eventually(() => held.length === 1);
  const goaway = once(busy, 'goaway');
  door.drain();
  door.drain();
  t.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR);
  await once(idle, 'close');
  t.notOk(door.isEmpty);
  answer(held[0]!, 200, [], Buffer.from('finished'));
  t.match(await inWork, { status: 200, body: Buffer.from('finished') });
  await eventually(() => busy.destroyed && door.isEmpty);
});

await t.test('a connection that comes while draining is told to go at once', async (t) => {
  const { port, ca, door, exchanges } = await startDoor(t, { secure: true });
  door.drain();
  const session = await connectH2(t, port, ca);
  if (!session.closed) await once(session, 'goaway');
  await eventually(() => session.destroyed && door.isEmpty);
  t.equal(exchanges.length, 0);
});

await t.test('a connection without a request is closed when its time is over, one with a request is not', async (t) => {
  const held: Exchange[] = [];
  const { port, ca } = await startDoor(t, { secure: true, listen: 'timeouts: { idle: 150ms }', handle: (exchange) => void held.push(exchange) });
  const [idle, busy] = [await connectH2(t, port, ca), await connectH2(t, port, ca)];
  const inWork = answerOf(busy.request(PLAIN));
  await once(idle, 'close');
  const third = await connectH2(t, port, ca);
  await once(third, 'close');
  t.notOk(busy.closed, 'it has waited twice as long');
  answer(held[0]!, 200, [], Buffer.from('x'));
  t.equal((await inWork).status, 200);
  await once(busy, 'close');
});

await t.test('closing ends every connection, whatever it is at', async (t) => {
  const { port, ca, door, exchanges } = await startDoor(t, { secure: true, handle: () => undefined });
  const session = await connectH2(t, port, ca);
  const inWork = answerOf(session.request(PLAIN));
  await eventually(() => exchanges.length === 1);
  door.close();
  t.equal((await inWork).status, 0);
  await eventually(() => exchanges[0]?.ended === true && door.isEmpty);
  t.match(exchanges[0], { errorCode: 'client_closed', status: 499 });
});
