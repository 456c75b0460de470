import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { limitConnections } from '../../src/admin/connection-limit.ts';
import { portOf } from '../helpers/handshake.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';

const MAX = 3;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Place {
  readonly connect: () => Promise<RawClient>;
  /** Requests to /wait that are not answered yet. */
  readonly waiting: ServerResponse[];
}

async function start(t: Test, stalledMs?: number): Promise<Place> {
  const waiting: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/') response.end('ok');
    else waiting.push(response);
  });
  limitConnections(server, MAX, stalledMs);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect({ port: portOf(server) });
    t.teardown(() => client.destroy());
    return client;
  };
  return { connect, waiting };
}

async function answered(client: RawClient): Promise<number> {
  return (await client.write(GET).readResponse()).status;
}

await t.test('threat: whoever opens connections and says nothing keeps nobody out', async (t) => {
  const { connect } = await start(t);
  const silent: RawClient[] = [];
  for (let i = 0; i < MAX; i++) silent.push(await connect());
  silent[1]?.write('GET / HTTP/1.1\r\nHost:');
  silent[2]?.write('POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
  for (const gone of silent) {
    t.equal(await answered(await connect()), 200);
    await gone.closed;
  }
});

await t.test('the one that has been silent for longest gives way', async (t) => {
  const { connect } = await start(t);
  const [first, second, third] = [await connect(), await connect(), await connect()];
  t.equal(await answered(first), 200);
  await connect();
  await second.closed;
  await connect();
  await third.closed;
  t.equal(await answered(first), 200, 'it was heard after them');
});

await t.test('a request in work keeps its connection, and where all have one, a new connection is refused', async (t) => {
  const { connect, waiting } = await start(t);
  const busy: RawClient[] = [];
  for (let i = 0; i < MAX; i++) busy.push((await connect()).write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n'));
  await eventually(() => waiting.length === MAX);
  const refused = await connect();
  await refused.closed;
  for (const response of waiting) response.end('done');
  for (const client of busy) t.equal((await client.readResponse()).status, 200);
  t.equal(await answered(await connect()), 200);
  t.equal(busy.length, MAX);
});

await t.test('a request in work behind another one on its connection keeps it, too', async (t) => {
  const { connect, waiting } = await start(t);
  const client = (await connect()).write(`${GET}GET /wait HTTP/1.1\r\nHost: a\r\n\r\n`);
  t.equal((await client.readResponse()).text, 'ok');
  for (let i = 0; i < 2 * MAX; i++) await connect();
  t.equal(await answered(await connect()), 200);
  waiting[0]?.end('done');
  t.equal((await client.readResponse()).text, 'done');
});

await t.test('threat: whoever takes nothing of an answer loses it, and a stream at rest stays', async (t) => {
  const { connect, waiting } = await start(t, 100);
  const [stream, stalled] = [await connect(), await connect()];
  for (const [index, client] of [stream, stalled].entries()) {
    client.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => waiting.length > index);
    waiting[index]?.write('first');
    await client.readUntil('first');
  }
  const closed = once(waiting[1]!, 'close');
  stalled.socket.pause();
  waiting[1]?.write(Buffer.alloc(32 * 1024 * 1024));
  await closed;
  waiting[0]?.end('last');
  await stream.readUntil('last');
  t.notOk(waiting[1]?.writableFinished);
});
