import t, { type Test } from 'tap';
import { RequestStream } from '../../src/admin/request-stream.ts';
import type { RequestFilter } from '../../src/observe/recent-request.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startEventServer } from './event-server.ts';
import { SampleStatus } from './sample-status.ts';

const ANY: RequestFilter = { route: null, status: null, code: null, slowMs: null, client: null };

async function start(t: Test) {
  const services = new SampleStatus();
  const stream = new RequestStream(services);
  const connect = await startEventServer(t, (response) => stream.add(response, ANY));
  return { services, stream, connect };
}

await t.test('a reader is told of requests and of those it missed, from the first on', async (t) => {
  const { services, connect } = await start(t);
  const client = await connect();
  t.strictSame(services.requests.asked, [ANY]);
  for (const tell of services.requests.followers) tell({ requests: [], missed: 7 });
  t.match(await client.readUntil('missed":7}'), /event: requests\ndata: \{"requests":\[\],"missed":7\}$/);
});

await t.test('a stream that is quiet says so every 5 seconds', async (t) => {
  const { services, connect } = await start(t);
  const client = await connect();
  for (let second = 0; second < 4; second += 1) services.traffic.tell();
  for (const tell of services.requests.followers) tell({ requests: [], missed: 1 });
  for (let second = 0; second < 4; second += 1) services.traffic.tell();
  for (const tell of services.requests.followers) tell({ requests: [], missed: 2 });
  for (let second = 0; second < 5; second += 1) services.traffic.tell();
  const text = await client.readUntil('missed":2}');
  t.equal(text.split('\n').filter((line) => line === ':').length, 0, 'not while something is told');
  await client.readUntil(':\n\n');
});

await t.test('nobody is asked for whom nobody reads', async (t) => {
  const { services, stream, connect } = await start(t);
  const clients = await Promise.all(Array.from({ length: 16 }, connect));
  t.ok(stream.isFull);
  t.equal(services.requests.followers.size, 16);
  clients[0]?.destroy();
  await eventually(() => services.requests.followers.size === 15);
  t.equal(services.traffic.listeners.size, 15);
  stream.end();
  t.strictSame([services.requests.followers.size, services.traffic.listeners.size], [0, 0]);
  await Promise.all(clients.map(async ({ closed }) => closed));
});
