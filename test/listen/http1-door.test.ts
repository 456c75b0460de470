import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { answer } from '../../src/respond/answer.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const QUICK = 'timeouts: { header: 200ms, request: 500ms, idle: 100ms }';

/** Answers that a test gives by itself, in the order of the requests. */
function waiting(): { readonly held: Exchange[]; readonly handle: (exchange: Exchange) => void; readonly give: (text: string) => void } {
  const held: Exchange[] = [];
  return {
    held,
    handle: (exchange) => void held.push(exchange),
    give(text) {
      const exchange = held.shift();
      if (exchange === undefined) throw new Error('no request is waiting');
      answer(exchange, 200, [], Buffer.from(text));
    },
  };
}

await t.test('requests of one connection are answered in their order, pipelined too', async (t) => {
  const { port, exchanges } = await startDoor(t);
  const client = await RawClient.connect({ port });
  client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.0\r\n\r\n');
  t.equal((await client.readResponse()).text, 'GET /1');
  t.equal((await client.readResponse()).text, 'POST /2');
  const last = await client.readResponse();
  t.match(last, { text: 'GET /3', headers: { connection: 'close' } });
  await client.closed;
  t.strictSame(exchanges.map(({ protocol }) => protocol), ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0']);
  t.match(exchanges[0], { peerAddress: '127.0.0.1', localPort: port, secure: false, scheme: 'http', tlsVersion: '', authority: null });
  t.strictSame(exchanges.map(({ body }) => body !== null), [false, true, false]);
});

await t.test('no header is dropped silently, however many there are', async (t) => {
  const { port, exchanges } = await startDoor(t);
  const client = await RawClient.connect({ port });
  client.write(`GET / HTTP/1.1\r\n${Array.from({ length: 2500 }, (_, i) => `X${i}: 1\r\n`).join('')}Host: a\r\n\r\n`);
  t.equal((await client.readResponse()).status, 200);
  t.equal(exchanges[0]?.head.rawHeaders.length, 5002);
  t.equal(exchanges[0]?.head.host, 'a', 'Host was the last of them');
  client.destroy();
});

await t.test('headers above the size limit are answered with 431, and the connection closes', async (t) => {
  const { port, exchanges } = await startDoor(t, { listen: 'limits: { headerSize: 2KB }' });
  for (const filler of [`X: ${'a'.repeat(3000)}\r\n`, 'X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(90)]) {
    const client = await RawClient.connect({ port });
    const response = await client.write(`GET / HTTP/1.1\r\nHost: a\r\n${filler}\r\n`).readResponse();
    t.match(response, { status: 431, headers: { connection: 'close', 'content-type': 'application/problem+json', 'cache-control': 'no-store' } });
    t.match(JSON.parse(response.text), { status: 431, code: 'headers_too_large' });
    await client.closed;
  }
  t.equal(exchanges.length, 0);
  const ok = await RawClient.connect({ port });
  t.equal((await ok.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(1500)}\r\n\r\n`).readResponse()).status, 200);
  ok.destroy();
});

await t.test('what is not HTTP is answered with 400, and the connection closes', async (t) => {
  const { port, exchanges, logger } = await startDoor(t);
  const client = await RawClient.connect({ port });
  const response = await client.write('hello\r\n\r\n').readResponse();
  t.match(response, { status: 400, headers: { connection: 'close' } });
  t.match(JSON.parse(response.text), { code: 'bad_request' });
  await client.closed;
  t.equal(exchanges.length, 0);
  t.match(logger.entries.at(-1), { level: 'debug', fields: { code: 'bad_request', client: '127.0.0.1' } });
});

await t.test('a client that is slow with its headers, or sends none at all, is closed', async (t) => {
  const { port, exchanges, connections } = await startDoor(t, { listen: QUICK });
  for (const beginning of ['', 'GET / HT', 'GET / HTTP/1.1\r\nHost: a\r\n']) {
    const client = await RawClient.connect({ port });
    const response = await client.write(beginning).readResponse();
    t.match(response, { status: 408, headers: { connection: 'close' } }, JSON.stringify(beginning));
    await client.closed;
  }
  t.equal(exchanges.length, 0);
  await eventually(() => connections() === 0);
});

await t.test('drops of headers do not buy a slow client time', async (t) => {
  const { port } = await startDoor(t, { listen: QUICK });
  const client = await RawClient.connect({ port });
  client.write('GET / HTTP/1.1\r\n');
  const drops = setInterval(() => client.write('X: 1\r\n'), 20);
  t.teardown(() => clearInterval(drops));
  t.equal((await client.readResponse({ timeoutMs: 2000 })).status, 408);
  clearInterval(drops);
  client.destroy();
});

await t.test('a body that does not end in time is the end of the request, which is told why', async (t) => {
  const { port, exchanges } = await startDoor(t, { listen: QUICK, handle: () => undefined });
  const client = await RawClient.connect({ port });
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbeginning');
  t.equal((await client.readResponse()).status, 408);
  await client.closed;
  await eventually(() => exchanges[0]?.ended === true);
  t.match(exchanges[0], { errorCode: 'request_timeout', status: 408 });
});

await t.test('a bound for the whole request that is shorter than the one for its headers bounds these too', async (t) => {
  const { port } = await startDoor(t, { listen: 'timeouts: { header: 15s, request: 200ms }' });
  const client = await RawClient.connect({ port });
  t.equal((await client.write('GET / HTTP/1.1\r\n').readResponse()).status, 408);
  client.destroy();
});

await t.test('an idle connection is closed, a used one is not, and `off` keeps both', async (t) => {
  const { port } = await startDoor(t, { listen: QUICK });
  const { port: patient } = await startDoor(t, { listen: 'timeouts: { idle: off, request: off }' });
  const [short, long] = [await RawClient.connect({ port }), await RawClient.connect({ port: patient })];
  for (const client of [short, long]) t.equal((await client.write(GET).readResponse()).text, 'GET /a');
  t.equal((await short.write(GET).readResponse()).text, 'GET /a', 'the connection is kept for a while');
  t.equal(await short.readToEnd(), '', 'and closed without a word');
  t.equal((await long.write(GET).readResponse()).text, 'GET /a');
  long.destroy();
});

await t.test('an upgrade is handed on as one, and no other protocol than HTTP/1.1 is slipped in by it', async (t) => {
  const cases: readonly (readonly [head: string, upgrade: string])[] = [
    ['Connection: Upgrade\r\nUpgrade: WebSocket\r\n', 'websocket'],
    ['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: H2C\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: TLS/1.3\r\n', ''],
    ['Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n', ''],
  ];
  for (const [head, upgrade] of cases) {
    const { port, exchanges } = await startDoor(t);
    const client = await RawClient.connect({ port });
    const body = head.includes('Content-Length') ? 'abc' : '';
    t.equal((await client.write(`GET / HTTP/1.1\r\nHost: a\r\n${head}\r\n${body}`).readResponse()).status, 200, head);
    t.equal(exchanges[0]?.upgrade, upgrade, head);
    client.destroy();
  }
});

await t.test('CONNECT is a request like any other until it is refused, and opens nothing', async (t) => {
  const { port, exchanges } = await startDoor(t);
  const client = await RawClient.connect({ port });
  client.write('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.readToEnd(), /^HTTP\/1\.1 200 [^]*CONNECT b:443$/, 'one answer');
  t.match(exchanges.map(({ method, url, upgrade }) => [method, url, upgrade]), [['CONNECT', 'b:443', '']]);
});

await t.test('who waits for 100 Continue is noticed, and another expectation is left to be judged', async (t) => {
  const { port, exchanges } = await startDoor(t);
  for (const expect of ['100-continue', 'miracles']) {
    const client = await RawClient.connect({ port });
    const text = await client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: ${expect}\r\n\r\n`).readUntil('POST /');
    t.notMatch(text, / 100 /, 'the gateway promises nothing by itself');
    client.destroy();
  }
  t.strictSame(exchanges.map(({ expectContinue, head }) => [expectContinue, head.expect]), [[true, '100-continue'], [false, 'miracles']]);
});

await t.test('a drain closes what is idle or has not said a word, and lets answers finish with Connection: close', async (t) => {
  const { held, handle, give } = waiting();
  const { port, door, connections } = await startDoor(t, { handle });
  const [silent, idle, busy, half] = [await RawClient.connect({ port }), await RawClient.connect({ port }), await RawClient.connect({ port }), await RawClient.connect({ port })];
  idle.write(GET);
  await eventually(() => held.length === 1);
  give('first');
  t.equal((await idle.readResponse()).text, 'first');
  busy.write(GET);
  half.write('GET /half HTTP/1.1\r\n');
  await eventually(() => held.length === 1 && connections() === 4);
  await eventually(() => {
    door.drain();
    return connections() === 2;
  });
  await Promise.all([silent.closed, idle.closed]);
  t.notOk(door.isEmpty);
  give('finished');
  t.match(await busy.readResponse(), { text: 'finished', headers: { connection: 'close' } });
  await busy.closed;
  half.write('Host: a\r\n\r\n');
  await eventually(() => held.length === 1);
  give('late');
  t.match(await half.readResponse(), { text: 'late', headers: { connection: 'close' } }, 'a request that was on its way is answered');
  await half.closed;
  await eventually(() => door.isEmpty);
});
