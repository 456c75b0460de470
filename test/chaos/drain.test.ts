import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import type { TargetStatus } from '../../src/admin/services.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

/** So that each of two workers gets some: 2⁻¹⁹ is the chance that one gets none. */
const TIMES = 20;

/** An application that says who it is, to requests and over WebSockets. */
async function startApp(t: Test, name: string): Promise<TestUpstream> {
  const sockets = new WebSocketServer({ noServer: true });
  const app = await startHttpUpstream((_request, response) => void response.end(name), {
    upgrade: (request, socket, head) => sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data: Buffer) => client.send(`${name} ${data.toString()}`));
      client.on('error', () => client.terminate());
    }),
  });
  t.teardown(async () => {
    for (const client of sockets.clients) client.terminate();
    await app.close();
  });
  return app;
}

interface Stage {
  readonly a: TestUpstream;
  readonly b: TestUpstream;
  readonly gateway: TestGateway;
  /** Answers of requests on connections of their own, each once; `cookie` is sent along. */
  readonly who: (cookie?: string, path?: string) => Promise<string[]>;
  readonly statusOf: (target: TestUpstream) => TargetStatus | undefined;
}

async function startStage(t: Test, options: string): Promise<Stage> {
  const [a, b] = [await startApp(t, 'a'), await startApp(t, 'b')];
  const gateway = await startGateway(t, `
workers: 2
upstreams: { app: { targets: ["${a.target}", "${b.target}"], ${options} } }
routes: [{ upstream: app }, { path: /fixed, respond: { body: fixed } }]`);
  return {
    a, b, gateway,
    who: async (cookie = '', path = '/') => {
      const answers = await Promise.all(Array.from({ length: TIMES }, async () => (await ask(gateway.httpPort, cookie, path)).text));
      return [...new Set(answers)].toSorted();
    },
    statusOf: ({ target }) => gateway.plane.status().targets.find(({ key }) => key === target),
  };
}

async function ask(port: number, cookie: string, path = '/'): Promise<{ readonly text: string; readonly cookie: string }> {
  const client = await RawClient.connect({ port });
  const field = cookie === '' ? '' : `Cookie: ${cookie}\r\n`;
  const { status, text, headers } = await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${field}\r\n`).readResponse();
  client.destroy();
  return { text: status === 200 ? text : String(status), cookie: headers['set-cookie']?.split(';', 1)[0] ?? '' };
}

/** The cookie of a client that was sent to this application. */
async function cookieOf(port: number, name: string): Promise<string> {
  return eventually(async () => {
    const { text, cookie } = await ask(port, '');
    return text === name ? cookie : '';
  });
}

async function webSocket(t: Test, port: number, cookie: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, cookie === '' ? {} : { headers: { cookie } });
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  return String((await once(socket, 'message'))[0]);
}

await t.test('a target that drains keeps its sticky clients and WebSockets; one that is down keeps what is open, and gets nobody', async (t) => {
  const { a, gateway, who, statusOf } = await startStage(t, 'balance: { sticky: { over: round-robin } }');
  const { plane, httpPort } = gateway;
  const cookie = await cookieOf(httpPort, 'a');
  const socket = await webSocket(t, httpPort, cookie);
  t.strictSame(await who(), ['a', 'b']);

  const startedMs = Date.now();
  t.ok(plane.setTarget('app', a.target, 'drain'));
  t.strictSame(await who(), ['b'], 'new clients go elsewhere');
  t.strictSame(await who(cookie), ['a'], 'those that were there stay');
  t.equal(await echo(socket, 'still'), 'a still');
  const late = await webSocket(t, httpPort, '');
  t.equal(await echo(late, 'hello'), 'b hello', 'a new WebSocket goes elsewhere');
  const drained = statusOf(a);
  t.match(drained, { state: 'draining', reason: 'set by the operator', inFlight: 1, lastCheck: null });
  t.ok((drained?.sinceMs ?? 0) >= startedMs - 100, 'since now');

  t.ok(plane.setTarget('app', a.target, 'down'));
  t.strictSame(await who(), ['b']);
  t.strictSame(await who(cookie), ['b'], 'its sticky clients are moved');
  t.equal(await echo(socket, 'even now'), 'a even now', 'what is open stays open');
  t.match(statusOf(a), { state: 'down', reason: 'set by the operator', inFlight: 1 });
  socket.terminate();
  await eventually(() => statusOf(a)?.inFlight === 0);

  t.ok(plane.setTarget('app', a.target, 'up'));
  t.strictSame(await who(), ['a', 'b']);
  t.strictSame(await who(cookie), ['a']);
  t.match(statusOf(a), { state: 'up', reason: 'set by the operator' });
});

await t.test('where every target is drained or down there is nobody for a new client, and the gateway says so', async (t) => {
  const { a, b, gateway, who } = await startStage(t, 'balance: { sticky: {} }');
  const { plane, httpPort } = gateway;
  const cookie = await cookieOf(httpPort, 'a');
  plane.setTarget('app', a.target, 'drain');
  plane.setTarget('app', b.target, 'down');
  t.strictSame(await who(), ['503']);
  t.strictSame(await who(cookie), ['a']);
  t.notOk(plane.setTarget('app', '127.0.0.1:1', 'up'), 'no such target');
  t.notOk(plane.setTarget('other', a.target, 'up'), 'no such upstream');
});

await t.test('what the operator wants outlives a reload, and requests that are held wait for it', async (t) => {
  const { a, b, gateway, who } = await startStage(t, 'hold: 10s');
  const { plane } = gateway;
  plane.setTarget('app', a.target, 'down');
  t.match(await plane.reload(), { ok: true });
  t.strictSame(await who(), ['b']);
  plane.setTarget('app', b.target, 'down');
  let isAnswered = false;
  const held = who().finally(() => {
    isAnswered = true;
  });
  t.strictSame(await who('', '/fixed'), ['fixed'], 'both workers have looked since');
  t.notOk(isAnswered, 'nobody is refused');
  plane.setTarget('app', a.target, 'up');
  t.strictSame(await held, ['a']);
});

await t.test('the status of each target says its state, why, since when, and what the last check found', async (t) => {
  const { a, b, gateway, who, statusOf } = await startStage(t, 'health: { path: /, every: 400ms, fall: 1 }');
  const { plane } = gateway;
  await eventually(() => statusOf(a)?.lastCheck?.text.startsWith('passed: 200 from /'));
  t.match(statusOf(b), { upstream: 'app', key: b.target, state: 'up', inFlight: 0, failures: 0 });
  const startedMs = Date.now();
  await a.close();
  await eventually(() => statusOf(a)?.state === 'unhealthy');
  const status = statusOf(a);
  t.match(status, { reason: 'check failed: connection refused', lastCheck: { text: /^failed: connection refused/ } });
  t.ok((status?.sinceMs ?? 0) >= startedMs - 100);
  t.strictSame(await who(), ['b']);
  t.match(statusOf(a), { state: 'unhealthy', reason: 'check failed: connection refused' }, 'requests do not change that');
  const before = statusOf(b)?.requests ?? 0;
  t.strictSame(await who(), ['b']);
  t.equal(statusOf(b)?.requests, before + TIMES, 'requests of all workers are counted');
  t.equal(plane.status().targets.length, 2);
});
