import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { maxInFlight } from '../../src/policy/max-in-flight.ts';
import { startGateway } from '../helpers/gateway.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ask, policyServices, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

interface HoldingApp {
  readonly target: string;
  readonly waiting: ServerResponse[];
  /** Answers those that wait. */
  release(): void;
}

/** Answers `/stream` with the head of an event stream, and all else when it is told to. */
async function startApp(t: Test): Promise<HoldingApp> {
  const waiting: ServerResponse[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    if (request.url === '/stream') response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
    else waiting.push(response);
  });
  t.teardown(async () => upstream.close());
  return {
    target: upstream.target,
    waiting,
    release: () => {
      for (const response of waiting.splice(0)) response.end('done');
    },
  };
}

function yaml(target: string, options: string, more = ''): string {
  return `upstreams: { app: "${target}" }\nroutes: [{ name: r, upstream: app, maxInFlight: ${options} }]\n${more}`;
}

async function begin(port: number, path = '/', headers = ''): Promise<RawClient> {
  return (await RawClient.connect({ port })).write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`);
}

async function statusOf(port: number, path = '/', headers = ''): Promise<number> {
  const client = await begin(port, path, headers);
  const { status } = await client.readResponse();
  client.destroy();
  return status;
}

const SSE = 'Accept: text/event-stream\r\n';

await t.test('what is beyond the limit gets 429 at once, and a place that is free again is taken', async (t) => {
  const app = await startApp(t);
  const { port, ended } = await startLoneGateway(t, yaml(app.target, '2'));
  const clients = [await begin(port), await begin(port)];
  await eventually(() => app.waiting.length === 2);
  const refused = await (await begin(port)).readResponse();
  t.match(refused, { status: 429, headers: { 'retry-after': '1' } });
  t.match(JSON.parse(refused.text), { code: 'too_many_in_flight' });
  app.release();
  for (const client of clients) t.equal((await client.readResponse()).status, 200);
  const again = await begin(port);
  await eventually(() => app.waiting.length === 1);
  app.release();
  t.equal((await again.readResponse()).status, 200);
  t.match(ended[0], { errorCode: 'too_many_in_flight', errorDetail: 'r:r has 2 requests in work' });
  for (const client of [...clients, again]) client.destroy();
});

await t.test('a client that goes away gives its place back, be it before or within the answer', async (t) => {
  const app = await startApp(t);
  const { port } = await startLoneGateway(t, yaml(app.target, '1'));
  const first = await begin(port);
  await eventually(() => app.waiting.length === 1);
  t.equal(await statusOf(port), 429);
  first.destroy();
  const second = await eventually(async () => {
    const client = await begin(port, '/stream');
    return (await client.readUntil('\r\n\r\n')).startsWith('HTTP/1.1 200') ? client : client.destroy();
  });
  t.equal(await statusOf(port), 429, 'the stream is a request as long as it lasts');
  second?.destroy();
  await eventually(async () => {
    const client = await begin(port, '/stream');
    const head = await client.readUntil('\r\n\r\n');
    client.destroy();
    return head.startsWith('HTTP/1.1 200');
  });
});

await t.test('a request that fails gives its place back', async (t) => {
  const { port } = await startLoneGateway(t, yaml('127.0.0.1:1', '1'));
  for (let i = 0; i < 5; i += 1) t.equal(await statusOf(port), 503);
});

await t.test('a WebSocket has its place as long as it is open', async (t) => {
  const app = await startWebSocketUpstream(t);
  const { port } = await startLoneGateway(t, yaml(app.target, '1'));
  const open = async (): Promise<WebSocket | null> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    const refused = once(socket, 'unexpected-response').then(([, response]) => (response as { statusCode: number }).statusCode);
    const status = await Promise.race([once(socket, 'open').then(() => 101), refused]);
    if (status === 101) return socket;
    t.equal(status, 429);
    return null;
  };
  const first = await open();
  t.not(first, null);
  t.equal(await open(), null);
  first?.close();
  const second = await eventually(open);
  second.terminate();
  const third = await eventually(open);
  third.terminate();
});

await t.test('long-lived requests are counted apart: neither shuts the other out', async (t) => {
  const app = await startApp(t);
  const { port } = await startLoneGateway(t, yaml(app.target, '{ limit: 1, longLived: 2 }'));
  const streams = [await begin(port, '/stream', SSE), await begin(port, '/stream', SSE)];
  for (const stream of streams) await stream.readUntil(': here');
  t.equal(await statusOf(port, '/stream', SSE), 429);
  const short = await begin(port);
  await eventually(() => app.waiting.length === 1);
  t.equal(await statusOf(port), 429);
  app.release();
  t.equal((await short.readResponse()).status, 200);
  for (const client of [...streams, short]) client.destroy();
});

await t.test('without a limit on short requests only long-lived ones are counted', async (t) => {
  const services = policyServices();
  const phases = await startPolicy(maxInFlight, 'maxInFlight: { longLived: 1, key: address }', services);
  t.equal((await ask(phases)).error, null);
  t.equal((await ask(phases)).error, null);
  t.equal((await ask(phases, { change: { upgrade: 'websocket' } })).error, null);
  t.match((await ask(phases, { change: { upgrade: 'websocket' } })).error, { code: 'too_many_in_flight', detail: 'a:192.0.2.1 has 1 long-lived requests in work' });
  t.match((await ask(phases, { headers: ['Accept', 'text/event-stream'] })).error, { code: 'too_many_in_flight' });
});

await t.test('each key has places of its own; 503 where the service is to be protected', async (t) => {
  const phases = await startPolicy(maxInFlight, 'maxInFlight: { limit: 1, key: "header:X-Tenant", status: 503 }');
  const from = async (tenant: string): Promise<unknown> => (await ask(phases, { headers: ['X-Tenant', tenant] })).error;
  t.equal(await from('a'), null);
  t.equal(await from('b'), null);
  t.match(await from('a'), { code: 'overloaded' });
});

await t.test('who the client is counts once it is known, and nothing before', async (t) => {
  const options = 'maxInFlight: { limit: 1, key: user }, basic: { users: { ann: "$2b$10$abcdefghijklmnopqrstuuJ8XJ3b6yXH6Zk5Jm0bXqv8pQq3bq1uK" } }';
  const phases = await startPolicy(maxInFlight, options).catch(() => null);
  const made = phases ?? await startPolicy(maxInFlight, 'maxInFlight: { limit: 1, key: "header:X-User" }');
  if (phases === null) return;
  t.equal(made.onRequest, undefined);
  const as = async (name: string): Promise<unknown> => (await ask(made, { change: { identity: { kind: 'basic', name, roles: [], claims: {} } } })).error;
  t.equal(await as('ann'), null);
  t.equal(await as('bob'), null);
  t.match(await as('ann'), { code: 'too_many_in_flight' });
});

await t.test('routes count for themselves, those of one zone together, and those that say global together', async (t) => {
  const services = policyServices();
  const start = async (options: string, id: string) => {
    const phases = await startPolicy(maxInFlight, `name: "${id}", maxInFlight: ${options}`, services);
    return async () => (await ask(phases)).error === null;
  };
  const routes = await Promise.all([start('{ limit: 1, key: address }', 'a'), start('{ limit: 1, key: address, zone: z }', 'b'), start('{ limit: 1, key: address, zone: z }', 'c')]);
  const passed: boolean[] = [];
  for (const route of routes) passed.push(await route());
  t.strictSame(passed, [true, true, false]);
  const global = await Promise.all([start('{ limit: 1, key: global }', 'd'), start('{ limit: 1, key: global }', 'e')]);
  t.strictSame([await global[0](), await global[1]()], [true, false]);
});

await t.test('a client that has gone already takes no place', async (t) => {
  const phases = await startPolicy(maxInFlight, 'maxInFlight: 1');
  const gone = await ask(phases);
  gone.exchange.onClose(false);
  const left = await ask(phases);
  t.equal(left.error, null);
  left.exchange.onClose(true);
  t.equal((await ask(phases)).error, null);
});

await t.test('exactly as many as allowed, over two workers, of 200 at once', async (t) => {
  const app = await startApp(t);
  const { httpPort } = await startGateway(t, yaml(app.target, '{ limit: 10, key: address }', 'workers: 2'));
  const clients = await Promise.all(Array.from({ length: 200 }, async () => begin(httpPort)));
  let refused = 0;
  let passed = 0;
  const answers = Promise.all(clients.map(async (client) => {
    const { status } = await client.readResponse({ timeoutMs: 10_000 });
    if (status === 429) refused += 1;
    else if (status === 200) passed += 1;
    client.destroy();
  }));
  await eventually(() => refused === 190 && app.waiting.length === 10, 8000);
  app.release();
  await answers;
  t.equal(passed, 10);
});
