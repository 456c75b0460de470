import t, { type Test } from 'tap';
import { answer } from '../../src/respond/answer.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = { status: 200, headers: { connection: 'close' } };
const LONG = Buffer.alloc(16 * 1024 * 1024, 'long');

/** Drains at each of these moments; a request that comes then is answered, as the last one. */
async function drainThenAsk(t: Test, elapsed: readonly number[], isUsed: boolean): Promise<void> {
  const clock = new ManualClock();
  const { port, door, connections } = await startDoor(t, { clock });
  const client = await RawClient.connect({ port });
  await eventually(() => connections() === 1);
  if (isUsed) t.match(await client.write(GET).readResponse(), { headers: { connection: 'keep-alive' } });
  for (const elapsedMs of elapsed) {
    clock.advance(elapsedMs);
    door.drain();
  }
  t.match(await client.write(GET).readResponse(), LAST);
  await client.closed;
  t.equal(client.error, null);
}

await t.test('a connection that was opened just before a drain may send its first request: it is answered, and not reset', async (t) => {
  await drainThenAsk(t, [0, 1, 998], false);
});

await t.test('a connection between two requests may send the next one: its answer says that it was the last', async (t) => {
  await drainThenAsk(t, [5000, 1, 198], true);
});

await t.test('half a head is waited for, however long ago it came', async (t) => {
  const clock = new ManualClock();
  const { port, door, connections } = await startDoor(t, { clock });
  const [first, next, witness] = [await RawClient.connect({ port }), await RawClient.connect({ port }), await RawClient.connect({ port })];
  await next.write(GET).readResponse();
  for (const client of [first, next]) client.write(GET.slice(0, 20));
  await witness.write(GET).readResponse();
  await eventually(() => {
    clock.advance(1000);
    door.drain();
    return connections() === 2;
  });
  await witness.closed;
  for (const client of [first, next]) t.match(await client.write(GET.slice(20)).readResponse(), LAST);
});

await t.test('an answer that is written but not taken by its client yet is not cut', async (t) => {
  const clock = new ManualClock();
  const { port, door, exchanges } = await startDoor(t, { clock, handle: (exchange) => answer(exchange, 200, [], LONG) });
  const client = await RawClient.connect({ port });
  client.write(GET).socket.pause();
  await eventually(() => exchanges.length === 1);
  for (let turn = 0; turn < 3; turn += 1) {
    clock.advance(10_000);
    door.drain();
  }
  client.socket.resume();
  const { body } = await client.readResponse();
  t.ok(body.equals(LONG));
});

await t.test('what stays silent is closed: after a second where nothing was asked yet, after 200 ms where something was', async (t) => {
  const clock = new ManualClock();
  const { port, door, connections } = await startDoor(t, { clock });
  const [silent, idle] = [await RawClient.connect({ port }), await RawClient.connect({ port })];
  await idle.write(GET).readResponse();
  await eventually(() => connections() === 2);
  door.drain();
  clock.advance(200);
  door.drain();
  await idle.closed;
  await eventually(() => connections() === 1);
  clock.advance(800);
  door.drain();
  await silent.closed;
  await eventually(() => connections() === 0);
  t.ok(door.isEmpty);
});
