import t from 'tap';
import type { RawClient } from '../helpers/raw-client.ts';
import { startForwarding, type Forwarding } from '../helpers/forwarding.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

function upgrade(protocol: string): string {
  return `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
}

function switching(protocol: string): string {
  return `HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Kept: 1\r\n\r\n`;
}

/** A frame as servers send it; `bytes` below 126. */
function frame(opcode: number, payload: string): string {
  return String.fromCharCode(0x80 | opcode, payload.length) + payload;
}

const TEXT = 1;
const CLOSE = 8;
const GOING_AWAY = frame(CLOSE, '\x03\xe9');

async function open(forwarding: Forwarding, protocol = 'websocket'): Promise<{ readonly client: RawClient; readonly target: RawClient }> {
  const { client, target } = await forwarding.request(upgrade(protocol));
  target.write(switching(protocol));
  const answer = await client.readResponse();
  if (answer.status !== 101 || answer.headers['x-kept'] !== '1') throw new Error(`not upgraded: ${answer.status}`);
  return { client, target };
}

await t.test('bytes go both ways as they are, from the first behind the 101, and all is given back at the end', async (t) => {
  const forwarding = await startForwarding(t);
  const { gateway, upstream, request, ended } = forwarding;
  const { client, target, head } = await request(`${upgrade('websocket')}early`);
  t.match(head, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
  target.write(`${switching('websocket')}first`);
  t.match(await client.readUntil('first'), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  t.equal(await target.readUntil('early'), 'early');
  client.write('\x00\xffup');
  t.equal(await target.readUntil('up'), '\x00\xffup');
  target.write('down\x00\xff');
  t.equal(await client.readUntil('\xff'), 'down\x00\xff');
  t.strictSame([gateway.tunnels.size, gateway.count('tunnels r'), gateway.inFlight('api', upstream.target)], [1, 1, 1]);
  target.end();
  client.end();
  await Promise.all([client.closed, target.closed]);
  t.match(await ended(), { status: 101, errorCode: '', bytesIn: 9, bytesOut: 11 });
  t.strictSame([gateway.tunnels.size, gateway.count('tunnels r'), gateway.inFlight('api', upstream.target)], [0, 0, 0]);
});

await t.test('a refused upgrade is an ordinary answer, and counts no tunnel', async (t) => {
  const { request, gateway, ended } = await startForwarding(t);
  const { client, target } = await request(upgrade('websocket'));
  target.write('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
  t.match(await client.readResponse(), { status: 403, text: 'no' });
  t.match(await ended(), { status: 403, errorCode: '' });
  t.equal(gateway.count('tunnels r'), 0);
});

await t.test('no more tunnels than the route allows', async (t) => {
  const forwarding = await startForwarding(t, { route: 'tunnels: 1' });
  const first = await open(forwarding);
  const second = (await forwarding.connect()).write(upgrade('websocket'));
  t.match(await second.readResponse(), { status: 503, headers: { 'retry-after': '5' } });
  first.client.destroy();
  await first.target.closed;
  await eventually(() => forwarding.gateway.count('tunnels r') === 0);
  await open(forwarding);
  t.equal(forwarding.gateway.count('tunnels r'), 1);
});

await t.test('an end that nobody announced has somebody to blame', async (t) => {
  const ends: readonly (readonly [what: string, act: (pair: { client: RawClient; target: RawClient }) => void, code: string])[] = [
    ['the client is cut', ({ client }) => client.socket.resetAndDestroy(), 'client_closed'],
    ['the upstream is cut', ({ target }) => target.socket.resetAndDestroy(), 'upstream_cut'],
    ['the upstream is cut behind its Close', ({ client, target }) => {
      target.write(frame(CLOSE, '\x03\xe8'));
      void client.readUntil('\x03\xe8').then(() => target.socket.resetAndDestroy());
    }, ''],
  ];
  for (const [what, act, code] of ends) {
    const forwarding = await startForwarding(t);
    const pair = await open(forwarding);
    act(pair);
    t.match(await forwarding.ended(), { status: 101, errorCode: code }, what);
    await Promise.all([pair.client.closed, pair.target.closed]);
  }
});

await t.test('a tunnel without a byte in either direction ends after its time', async (t) => {
  const forwarding = await startForwarding(t, { route: 'timeouts: { tunnel: 10s, idle: 1s, total: 2s }' });
  const { client, target } = await open(forwarding);
  const { clock } = forwarding;
  clock.advance(9500);
  client.write('a');
  await target.readUntil('a');
  clock.advance(9500);
  target.write('b');
  await client.readUntil('b');
  clock.advance(9900);
  t.equal(forwarding.gateway.tunnels.size, 1);
  clock.advance(400);
  await Promise.all([client.closed, target.closed]);
  t.match(await forwarding.ended(), { errorCode: 'upstream_timeout', errorDetail: /10 s/ });
});

await t.test('a drain says 1001 between two frames, and gives both ends their time', async (t) => {
  const forwarding = await startForwarding(t);
  const { client, target } = await open(forwarding);
  const [tunnel] = forwarding.gateway.tunnels;
  const message = frame(TEXT, 'hello');
  target.write(message.slice(0, 4));
  await client.readUntil(message.slice(0, 4));
  tunnel?.drain();
  target.write(`${message.slice(4)}${frame(TEXT, 'too late')}`);
  t.equal(await client.readUntil(GOING_AWAY), `${message.slice(4)}${GOING_AWAY}`);
  tunnel?.drain();
  client.write('the answer of the client');
  await target.readUntil('client');
  client.end();
  await target.readToEnd();
  target.end();
  await client.closed;
  t.equal(client.received.length, 0, 'nothing follows a Close');
  t.match(await forwarding.ended(), { errorCode: '' });
});

await t.test('a drain between frames is said at once, and who does not answer is cut', async (t) => {
  const forwarding = await startForwarding(t);
  const { client, target } = await open(forwarding);
  for (const tunnel of forwarding.gateway.tunnels) tunnel.drain();
  t.equal(await client.readUntil(GOING_AWAY), GOING_AWAY);
  forwarding.clock.advance(5300);
  await Promise.all([client.closed, target.closed]);
  t.match(await forwarding.ended(), { errorCode: '' });
});

await t.test('a drain says nothing where the upstream has said goodbye, and nothing in other protocols', async (t) => {
  const forwarding = await startForwarding(t);
  const { client, target } = await open(forwarding);
  target.write(frame(CLOSE, '\x03\xe8'));
  await client.readUntil('\x03\xe8');
  const other = await open(forwarding, 'x-protocol');
  for (const tunnel of forwarding.gateway.tunnels) tunnel.drain();
  other.target.write('still here');
  t.equal(await other.client.readUntil('still here'), 'still here');
  t.equal(client.received.length, 0);
});

await t.test('one direction may end before the other', async (t) => {
  const forwarding = await startForwarding(t);
  const { client, target } = await open(forwarding, 'x-protocol');
  target.socket.allowHalfOpen = true;
  client.write('question').end();
  t.equal(await target.readToEnd(), 'question');
  forwarding.clock.advance(60_000);
  target.write('answer').end();
  t.equal(await client.readToEnd(), 'answer');
  t.match(await forwarding.ended(), { errorCode: '' });
});

await t.test('each side waits for the other to read', async (t) => {
  for (const direction of ['down', 'up'] as const) {
    const forwarding = await startForwarding(t);
    const { client, target } = await open(forwarding, 'x-protocol');
    const [from, to] = direction === 'down' ? [target, client] : [client, target];
    const total = 32 * 1024 * 1024;
    to.socket.pause();
    from.write(Buffer.alloc(total, 'x'));
    t.ok(await unmoved(() => from.socket.writableLength) > total / 4, `${direction}: most waits at its sender`);
    let received = 0;
    to.socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    to.socket.resume();
    await eventually(() => received === total, 5000);
    t.equal(received, total);
  }
});

await t.test('a client that never reads what is left cannot keep its connection', async (t) => {
  const forwarding = await startForwarding(t);
  const { client, target } = await open(forwarding);
  const { gateway, clock } = forwarding;
  client.socket.pause();
  // Empty frames, so that the tunnel always stands between two.
  for (let i = 0; i < 100; i++) target.write(Buffer.alloc(300_000));
  t.ok(await unmoved(() => target.socket.writableLength) > 0);
  for (const tunnel of gateway.tunnels) tunnel.drain();
  clock.advance(6000);
  await target.closed;
  t.match(await forwarding.ended(), { errorCode: '' });
  clock.advance(6000);
  await eventually(() => gateway.count('connections') === 0);
});
