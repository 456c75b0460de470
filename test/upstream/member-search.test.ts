import t from 'tap';
import { GET, post } from '../helpers/forwarding.ts';
import { refusingPort, OK } from '../helpers/scripted-upstream.ts';
import { startMembers, type ScriptedMembers } from '../helpers/scripted-members.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startRawUpstream, answerWith } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** One member, out of service; requests are held. */
async function startHolding(t: Parameters<typeof startMembers>[0], keys = 'hold: 5s'): Promise<ScriptedMembers> {
  const members = await startMembers(t, 1, keys);
  members.setMode('down', 0);
  return members;
}

/** Once the gateway has dealt with this many requests, waiting ones included. */
async function settled({ gateway, clock }: ScriptedMembers, begun: number): Promise<void> {
  await eventually(() => gateway.begun() === begun);
  clock.advance(0);
}

await t.test('hold: a request waits for a member and goes to it at the next tick', async (t) => {
  const members = await startHolding(t);
  const client = await members.send(post('held'));
  await settled(members, 1);
  members.clock.advance(3000);
  t.strictSame([client.received.length, members.upstreams[0]?.connections], [0, 0]);
  members.setMode('up', 0);
  members.clock.advance(100);
  const { target } = await members.arrival(0);
  t.equal(await target.readUntil('held'), 'held');
  target.write(OK);
  t.equal((await client.readResponse()).status, 200);
  t.match(await members.ended(), { attempts: 1, errorCode: '' });
});

await t.test('hold: when the time is over nobody was there', async (t) => {
  const members = await startHolding(t);
  const client = await members.send(GET);
  await settled(members, 1);
  members.clock.advance(4900);
  t.equal(members.gateway.ended.length, 0);
  members.clock.advance(400);
  t.match(await client.readResponse(), { status: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } });
  t.match(await members.ended(), { attempts: 0, errorCode: 'no_healthy_target' });
  members.setMode('up', 0);
  members.clock.advance(1000);
  t.equal(members.upstreams[0]?.connections, 0, 'nobody waits any more');
});

await t.test('hold: the bound on those who wait refuses the next at once', async (t) => {
  const members = await startHolding(t, 'hold: 5s, holdMax: 2');
  const held = [await members.send(GET), await members.send(GET)];
  await settled(members, 2);
  t.equal((await (await members.send(GET)).readResponse()).status, 503);
  members.setMode('up', 0);
  members.clock.advance(100);
  for (const client of held) {
    (await members.arrival(0)).target.write(OK);
    t.equal((await client.readResponse()).status, 200);
  }
});

await t.test('hold: a client that leaves is waited for by nobody', async (t) => {
  const members = await startHolding(t);
  const client = await members.send(post('gone'));
  await settled(members, 1);
  client.destroy();
  t.match(await members.ended(), { errorCode: 'client_closed', attempts: 0 });
  members.setMode('up', 0);
  members.clock.advance(5000);
  t.strictSame([members.inFlight(), members.upstreams[0]?.connections], [[0], 0]);
});

await t.test('hold: a client that breaks off between two attempts ends the search', async (t) => {
  const members = await startMembers(t, 1, 'hold: 5s');
  const client = await members.send('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
  const { target } = await members.arrival(0);
  await target.readUntil('abc');
  members.setMode('down', 0);
  target.destroy();
  await eventually(() => members.inFlight()[0] === 0);
  t.equal(members.gateway.ended.length, 0, 'it waits');
  client.destroy();
  t.match(await members.ended(), { errorCode: 'client_closed', attempts: 1 });
  members.setMode('up', 0);
  members.clock.advance(5000);
  t.strictSame([members.inFlight(), members.upstreams[0]?.connections], [[0], 1]);
});

await t.test('hold: a lone member that is started anew costs no request, POST included', async (t) => {
  const port = await refusingPort();
  const clock = new ManualClock();
  const gateway = await startLoneGateway(t, `upstreams: { api: { targets: "127.0.0.1:${port}", hold: 5s } }\nroutes: [{ upstream: api }]`, { clock });
  const clients = await Promise.all([GET, post('x')].map(async (text) => (await RawClient.connect({ port: gateway.port })).write(text)));
  await eventually(() => gateway.fleet.status()[0]?.state === 'ejected' && gateway.inFlight('api', `127.0.0.1:${port}`) === 0);
  const back = await startRawUpstream((socket) => answerWith(OK)(socket), port);
  t.teardown(async () => back.close());
  await eventually(() => {
    clock.advance(100);
    return gateway.ended.length === 2;
  });
  for (const client of clients) {
    t.equal((await client.readResponse()).status, 200);
    client.destroy();
  }
});

await t.test('limit: no member has more than its share, and those who wait are served in the order they came', async (t) => {
  const members = await startMembers(t, 1, 'limit: { requests: 2, queue: 10, wait: 5s }, keepAlive: { connections: 0 }');
  const clients: RawClient[] = [];
  for (let i = 0; i < 5; i++) {
    clients.push(await members.send(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`));
    await settled(members, i + 1);
  }
  const working = [await members.arrival(0), await members.arrival(0)];
  const order: string[] = [];
  for (let i = 0; i < 5; i++) {
    t.ok((members.inFlight()[0] ?? 9) <= 2);
    t.equal(members.upstreams[0]?.connections, Math.min(2 + i, 5), 'one comes when one has gone');
    const next = working.shift();
    order.push(next?.head.slice(4, 6) ?? '');
    next?.target.write(OK);
    t.equal((await clients[i]?.readResponse())?.status, 200);
    if (i < 3) working.push(await members.arrival(0));
  }
  t.strictSame([order, members.inFlight()], [['/0', '/1', '/2', '/3', '/4'], [0]]);
});

await t.test('limit: who waits too long, or finds the queue full, is told that it is overloaded', async (t) => {
  const members = await startMembers(t, 1, 'limit: { requests: 1, queue: 1, wait: 2s }');
  const first = await members.send(GET);
  const { target } = await members.arrival(0);
  const waiting = await members.send(GET);
  await settled(members, 2);
  t.match(await (await members.send(GET)).readResponse(), { status: 503, headers: { 'retry-after': '1' }, text: /overloaded/ });
  members.clock.advance(1900);
  t.equal(waiting.received.length, 0);
  members.clock.advance(400);
  t.match(await waiting.readResponse(), { status: 503, text: /overloaded/ });
  target.write(OK);
  t.equal((await first.readResponse()).status, 200);
  t.strictSame(members.gateway.ended.map(({ errorCode, attempts }) => [errorCode, attempts]), [['overloaded', 0], ['overloaded', 0], ['', 1]]);
  t.strictSame([members.inFlight(), members.upstreams[0]?.connections], [[0], 1]);
});

await t.test('limit: a full member is passed over for one with a place', async (t) => {
  const members = await startMembers(t, 2, 'limit: { requests: 1, queue: 0 }');
  const clients = [await members.send(GET)];
  const arrivals = [await members.arrival(0)];
  clients.push(await members.send(GET));
  arrivals.push(await members.arrival(1));
  t.strictSame(members.inFlight(), [1, 1]);
  t.match((await (await members.send(GET)).readResponse()).text, /overloaded/);
  for (const { target } of arrivals) target.write(OK);
  for (const client of clients) t.equal((await client.readResponse()).status, 200);
});

await t.test('limit: a place at the member that failed is none for the same request', async (t) => {
  const members = await startMembers(t, 2, 'limit: { requests: 1, queue: 9, wait: 5s }');
  const failing = await members.send(GET);
  const spoiled = await members.arrival(0);
  const other = await members.send(GET);
  const busy = await members.arrival(1);
  spoiled.target.destroy();
  await eventually(() => members.inFlight()[0] === 0);
  members.clock.advance(1000);
  t.equal(members.upstreams[0]?.connections, 1, 'it waits for the other one');
  busy.target.write(OK);
  t.equal((await other.readResponse()).status, 200);
  await busy.target.readUntil('\r\n\r\n');
  busy.target.write(OK);
  t.equal((await failing.readResponse()).status, 200);
});
