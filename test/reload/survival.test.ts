import { createHash } from 'node:crypto';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { WebSocket } from 'ws';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startFastifyApp, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const KEY = 'sluice_test_0123456789abcdefghijklmnop';

async function ask(port: number, path: string, fields = ''): Promise<{ status: number; text: string; headers: Readonly<Record<string, string | string[]>> }> {
  const client = await RawClient.connect({ port });
  const { status, text, headers } = await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`).readResponse();
  client.destroy();
  return { status, text, headers };
}

async function status(port: number, path: string, fields = ''): Promise<number> {
  return (await ask(port, path, fields)).status;
}

async function reload(t: Test, gateway: TestGateway, yaml: string): Promise<void> {
  gateway.write(yaml);
  const result = await gateway.plane.reload();
  t.ok(result.ok, result.ok ? `generation ${result.generation}` : result.error);
}

await t.test('what a reload leaves as it was goes on as it was: limits, members, sessions, connections, requests', async (t) => {
  const held: (() => void)[] = [];
  const apps = await Promise.all(['one', 'two'].map(async (name) => startHttpUpstream((request, response) => {
    request.resume();
    if (request.url === '/slow') held.push(() => response.end(name));
    else response.end(name);
  })));
  for (const app of apps) t.teardown(async () => app.close());
  const [refusing, sick] = [`127.0.0.1:${await refusingPort()}`, `127.0.0.1:${await refusingPort()}`];
  const [one, two] = apps.map(({ target }) => target);
  const yaml = (round: number): string => `
workers: 2
listen: { http: "127.0.0.1:0", admin: off }
upstreams:
  both: { targets: ["${one}", "${two}"], balance: { sticky: { cookie: bound } } }
  lone: { targets: "${one}", limit: { requests: 1, queue: 0 } }
  halves: { targets: ["${one}", "${refusing}"], maxFails: 1, failTimeout: 1h }
  checked: { targets: ["${one}", "${sick}"], health: { tcp: true, every: 1h, fall: 1 } }
routes:
  - { path: /limited, respond: {}, rateLimit: 5/hour }
  - { path: /sticky, upstream: both }
  - { path: /slow, upstream: lone, maxInFlight: 1 }
  - { path: /lone, upstream: lone }
  - { path: /halves, upstream: halves }
  - { path: /checked, upstream: checked }
  - { path: /key, respond: {}, apiKey: { keys: ["n sha256:${createHash('sha256').update(KEY).digest('hex')}"] } }
  - { path: /round, respond: { body: "${round}" } }`;
  const files = [0, 1, 2, 3].map(yaml);
  const gateway = await startGateway(t, files[0] ?? '');
  const { plane, httpPort: port } = gateway;
  const states = (): Record<string, string> => Object.fromEntries(plane.status().targets.map(({ upstream, key, state }) => [`${upstream} ${key}`, state]));
  const client = await RawClient.connect({ port });
  const round = async (): Promise<string> => (await client.write('GET /round HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text;

  t.strictSame([await status(port, '/limited'), await status(port, '/limited')], [200, 200]);
  const first = await ask(port, '/sticky');
  const cookie = `Cookie: ${String(first.headers['set-cookie']).split(';')[0]}\r\n`;
  for (let i = 0; i < 6; i++) await status(port, '/halves');
  await eventually(() => states()[`halves ${refusing}`] === 'ejected' && states()[`checked ${sick}`] === 'unhealthy', 20_000);
  t.equal(await status(port, '/key', `X-API-Key: ${KEY}\r\n`), 200);
  t.equal(await round(), '0');
  const slow = await RawClient.connect({ port });
  slow.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => held.length === 1);
  const before = { states: states(), connections: apps.map(({ connections }) => connections) };

  for (const [index, file] of files.slice(1).entries()) {
    await reload(t, gateway, file);
    t.equal(await round(), String(index + 1), 'the connection of the client');
    t.strictSame(states(), before.states, 'who was out is out, who was well is well');
    for (let i = 0; i < 6; i++) t.equal((await ask(port, '/sticky', cookie)).text, first.text, 'its session');
    t.strictSame([await status(port, '/slow'), await status(port, '/lone')], [429, 503], 'the request in flight counts, for the route and for the target');
    t.equal(await status(port, '/key', `X-API-Key: ${KEY}\r\n`), 200);
    t.equal(await status(port, '/limited'), 200);
  }
  t.equal(await status(port, '/limited'), 429, 'five of five in four generations');
  t.ok(apps.every(({ connections }, i) => connections <= (before.connections[i] ?? 0) + 2), 'connections to upstreams: no more than one of each for each worker');
  held[0]?.();
  t.match(await slow.readResponse(), { status: 200, text: 'one' }, 'it ended where it began, three generations later');
  t.equal(await status(port, '/lone'), 200);
  for (const open of [client, slow]) open.destroy();
});

async function who(client: RawClient): Promise<string> {
  return (await client.write('GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n').readResponse()).text;
}

await t.test('listeners of every kind come, go and change under open connections, HTTP/2 and streams', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const [a, b, c] = [await freePort(), await freePort(), await freePort()];
  const yaml = (listen: string, who: string): string => `listen: { ${listen}, admin: off }
defaults: { https: both }
routes: [{ upstream: "${app.target}" }, { path: /who, respond: { body: ${who} } }]`;
  const gateway = await startGateway(t, yaml(`http: "127.0.0.1:${a}", https: "127.0.0.1:${b}"`, 'start'), { https: true });
  const plain = await RawClient.connect({ port: a });
  t.equal(await who(plain), 'start');
  const session = await connectH2(t, b, gateway.ca);
  const h2 = async (): Promise<string> => (await requestH2(session, { ':path': '/who' })).body.toString();
  const socket = new WebSocket(`ws://127.0.0.1:${a}/ws`);
  await once(socket, 'open');
  const fresh = async (port: number, tls: boolean): Promise<string> => {
    const client = await RawClient.connect(tls ? { port, tls: true } : { port });
    const answer = await who(client);
    client.destroy();
    return answer;
  };

  const steps: readonly (readonly [listen: string, http: readonly number[], https: readonly number[]])[] = [
    [`http: ["127.0.0.1:${a}", "127.0.0.1:${c}"], https: "127.0.0.1:${b}"`, [a, c], [b]],
    [`http: "127.0.0.1:${b}", https: "127.0.0.1:${a}"`, [b], [a]],
    [`http: ["[::]:${b}", "[::]:${c}"], https: "[::]:${a}"`, [b, c], [a]],
    [`http: "127.0.0.1:${a}", https: "127.0.0.1:${b}"`, [a], [b]],
  ];
  for (const [index, [listen, http, https]] of steps.entries()) {
    const name = `step${index}`;
    await reload(t, gateway, yaml(listen, name));
    for (const port of http) t.equal(await fresh(port, false), name, `http ${index}`);
    for (const port of https) t.equal(await fresh(port, true), name, `https ${index}`);
    t.strictSame([await who(plain), await h2()], [name, name], 'the connections of before, whatever their ports have become');
    socket.send(name);
    t.equal(String((await once(socket, 'message'))[0]), name);
  }
  await t.rejects(RawClient.connect({ port: c }), { code: 'ECONNREFUSED' });
  t.strictSame(gateway.plane.ports.map(({ kind, address }) => `${kind} ${address.port}`), [`http ${a}`, `https ${b}`]);
  socket.terminate();
  plain.destroy();
  await eventually(() => app.open === 0);
});

await t.test('new targets that do not answer are named in what comes of the reload, which is one all the same', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const refusing = `127.0.0.1:${await refusingPort()}`;
  const gateway = await startGateway(t, `upstreams: { app: "${app.target}" }\nroutes: [{ upstream: app }]`);
  gateway.write(`upstreams: { app: ["${app.target}", "${refusing}"], ws: "${app.target}" }\nroutes: [{ upstream: app }, { path: /ws, upstream: ws }]`);
  const warning = `upstream app: the new target ${refusing} does not answer: connection refused`;
  t.match(await gateway.plane.reload(), { ok: true, generation: 2, warnings: [warning] });
  t.match(gateway.messages.filter((message) => message.includes('does not answer')), [`${warning} {"generation":2}`]);
  t.match(await gateway.plane.reload(), { ok: true, generation: 3, warnings: [] }, 'it is not new any more');
});
