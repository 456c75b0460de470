import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { createInstanceApp } from '../../src/demo/instance-app.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';

async function start(t: Test) {
  const clock = new ManualClock();
  let stops = 0;
  const app = await createInstanceApp({ name: 'demo-1', clock, onStop: () => stops++ });
  t.teardown(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, clock, url, port: Number(new URL(url).port), stopCount: () => stops };
}

await t.test('every answer says which instance gave it, errors too', async (t) => {
  const { url } = await start(t);
  for (const path of ['/', '/health', '/fail', '/no/such/page', '/download?bytes=1']) {
    const response = await fetch(url + path);
    await response.arrayBuffer();
    t.equal(response.headers.get('x-demo-instance'), 'demo-1', path);
  }
});

await t.test('info shows the request as it arrived, forwarded headers and all', async (t) => {
  const { url } = await start(t);
  const response = await fetch(`${url}/api/info?a=1`, { headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' } });
  t.match(await response.json(), {
    instance: 'demo-1',
    pid: process.pid,
    method: 'GET',
    url: '/api/info?a=1',
    httpVersion: '1.1',
    peer: '127.0.0.1',
    time: '2026-01-01T00:00:00.000Z',
    headers: { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
  });
});

await t.test('events stream, resume from Last-Event-ID, and end when the app closes', async (t) => {
  const { app, clock, port } = await start(t);
  const id = clock.now() / 1000;
  const client = await RawClient.connect({ port });
  client.write(`GET /events HTTP/1.1\r\nHost: demo\r\nLast-Event-ID: ${id - 2}\r\n\r\n`);
  const head = await client.readUntil('\r\n\r\n');
  t.match(head, /200 OK/);
  t.match(head, /content-type: text\/event-stream\r\n/);
  await client.readUntil(`id: ${id - 1}\n`);
  await client.readUntil(`id: ${id}\n`);
  clock.advance(1000);
  await client.readUntil(`id: ${id + 1}\n`);
  await app.close();
  t.match(await client.readToEnd(), /\r\n0\r\n\r\n$/, 'the last chunk: nothing was cut');
  t.equal(clock.tickers, 0);
});

await t.test('a client that leaves the events leaves no timer', async (t) => {
  const { clock, port } = await start(t);
  const client = await RawClient.connect({ port });
  client.write('GET /events HTTP/1.1\r\nHost: demo\r\n\r\n');
  await client.readUntil('event: tick');
  client.destroy();
  t.ok(await eventually(() => clock.tickers === 0));
});

await t.test('the WebSocket echoes text as text and bytes as bytes, and greets who asks', async (t) => {
  const { port } = await start(t);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  for (const [message, isBinary] of [['Grüße', false], [Buffer.from([0, 255]), true], ['', false]] as const) {
    socket.send(message);
    t.strictSame(await once(socket, 'message'), [Buffer.from(message), isBinary]);
  }
  const greeted = new WebSocket(`ws://127.0.0.1:${port}/ws?greet=1`);
  t.teardown(() => greeted.terminate());
  const [greeting] = (await once(greeted, 'message')) as [Buffer];
  t.equal(String(greeting), 'connected to demo-1');
});

await t.test('threat: a WebSocket message beyond the bound ends its connection and nothing else', async (t) => {
  const { port, url } = await start(t);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  socket.send(Buffer.alloc(65_537));
  const [code] = (await once(socket, 'close')) as [number];
  t.equal(code, 1009);
  t.equal((await fetch(`${url}/health`)).status, 200);
});

await t.test('stop answers before it stops, and not to a page of another site', async (t) => {
  const { url, stopCount } = await start(t);
  const cross = await fetch(`${url}/stop`, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
  t.equal(cross.status, 403);
  t.equal(stopCount(), 0);
  const answer = await fetch(`${url}/stop`, { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } });
  t.equal(answer.status, 202);
  t.match(await answer.json(), { text: 'demo-1 stops now.' });
  await eventually(() => stopCount() === 1);
});
