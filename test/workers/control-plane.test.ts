import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { WebSocket } from 'ws';
import { postReload } from '../../src/admin/admin-client.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { echoRequest, startFastifyApp, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const DAY_MS = 86_400_000;

async function said(port: number, path = '/'): Promise<string> {
  const client = await RawClient.connect({ port });
  const { text } = await client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse();
  client.destroy();
  return text;
}

async function refusesConnections(port: number): Promise<boolean> {
  return RawClient.connect({ port }).then((client) => {
    client.destroy();
    return false;
  }, (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED');
}

function respond(body: string, listen = ''): string {
  return `${listen === '' ? '' : `listen: ${listen}\n`}routes: [{ respond: { body: "${body}" } }]`;
}

/** The last thing that the main thread logged. */
function last({ messages }: TestGateway): string {
  return messages.at(-1) ?? '';
}

await t.test('a reload swaps what answers, and no connection, stream or WebSocket notices', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const gateway = await startGateway(t, `routes: [{ upstream: "${app.target}" }, { path: /who, respond: { body: old } }]`);
  const { plane, httpPort: port } = gateway;
  const client = await RawClient.connect({ port });
  t.equal((await client.write('GET /who HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'old');
  const stream = await RawClient.connect({ port });
  await stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n').readUntil('event 1');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, 'open');

  gateway.write('routes: [{ path: /who, respond: { body: new } }]');
  t.match(await plane.reload(), { ok: true, generation: 2 });
  t.match(last(gateway), 'configuration reloaded {"generation":2');
  t.equal((await client.write('GET /who HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'new', 'the connection of before');
  t.equal((await client.write('GET /json HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).status, 404);
  socket.send('still here');
  t.equal(String((await once(socket, 'message'))[0]), 'still here');
  t.notOk(stream.socket.destroyed);
  t.match(plane.status(), { generation: 2, workers: [{ state: 'ready', generation: 2 }], routes: [{ id: '/who' }], targets: [] });
  socket.terminate();
  for (const open of [client, stream]) open.destroy();
  await eventually(() => app.open === 0);
});

await t.test('a broken file is refused with all that is wrong in it, and nothing changes', async (t) => {
  const gateway = await startGateway(t, respond('stays'));
  gateway.write('routes: [{ respond: {}, upstrem: x }]\nnonsense: 1');
  const result = await gateway.plane.reload();
  t.match(result, { ok: false, reason: 'invalid', error: 'The configuration has errors.', diagnostics: [/upstrem/, /nonsense/] });
  t.match(last(gateway), /^reload refused, the old configuration stays \{"errors":2/);
  t.equal(gateway.plane.status().generation, 1);
  t.equal(await said(gateway.httpPort), 'stays');
  gateway.write(respond('mended'));
  t.match(await gateway.plane.reload(), { ok: true, generation: 2 });
  t.equal(await said(gateway.httpPort), 'mended');
});

await t.test('listeners are added, removed and changed by a reload', async (t) => {
  const gateway = await startGateway(t, respond('x'));
  const { plane, httpPort: first } = gateway;
  const added = await freePort();
  gateway.write(respond('x', `{ http: ["127.0.0.1:0", "127.0.0.1:${added}"], https: "127.0.0.1:0", admin: off }`));
  t.match(await plane.reload(), { ok: true });
  const secure = plane.ports.find(({ kind }) => kind === 'https')?.address.port ?? 0;
  t.match(plane.ports.map(({ kind, address }) => `${kind} ${address.port}`), [`http ${first}`, `http ${added}`, `https ${secure}`]);
  const client = await RawClient.connect({ port: secure, tls: true });
  t.equal((await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'x');
  const redirected = await RawClient.connect({ port: added });
  const { headers } = await redirected.write(`GET /p HTTP/1.1\r\nHost: localhost:${added}\r\n\r\n`).readResponse();
  t.equal(headers['location'], `https://localhost:${secure}/p`, 'a redirect names the port that 0 has become');
  redirected.destroy();

  gateway.write(respond('y', `{ http: "127.0.0.1:${added}", admin: off }`));
  t.match(await plane.reload(), { ok: true });
  t.strictSame(await Promise.all([first, secure, added].map(refusesConnections)), [true, true, false]);
  t.equal((await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'y', 'the connection outlives its port');
  client.destroy();
  t.strictSame(plane.status().listeners, [{ kind: 'http', address: `127.0.0.1:${added}` }]);

  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  gateway.write(respond('z', `{ http: ["127.0.0.1:${added}", "${squatter.target}"], admin: off }`));
  t.match(await plane.reload(), { ok: false, reason: 'conflict', error: `http port ${squatter.target} is in use by another program`, diagnostics: [] });
  t.equal(await said(added), 'y');
});

await t.test('the admin server moves with a reload, and where it cannot nothing of the reload stays', async (t) => {
  const [one, two, http] = [await freePort(), await freePort(), await freePort()];
  const listen = (admin: string | number, more = ''): string => `{ http: ["127.0.0.1:${http}"${more}], admin: ${admin} }`;
  const gateway = await startGateway(t, respond('first', listen(one)));
  const { plane } = gateway;
  gateway.write(respond('second', listen(two)));
  t.match(await postReload({ host: '127.0.0.1', port: one }), { ok: true, generation: 2 }, 'who asked at the old address is answered');
  await eventually(async () => refusesConnections(one));
  t.match(plane.status().listeners, [{ kind: 'http' }, { kind: 'admin', address: `127.0.0.1:${two}` }]);

  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  const extra = await freePort();
  gateway.write(respond('third', listen(squatter.port, `, "127.0.0.1:${extra}"`)));
  t.match(await postReload({ host: '127.0.0.1', port: two }), { ok: false, reason: 'conflict', error: /^The admin address 127\.0\.0\.1:\d+ is in use/ });
  await eventually(async () => refusesConnections(extra));
  t.equal(await said(http), 'second');
  gateway.write(respond('fourth', listen('off')));
  t.match(await postReload({ host: '127.0.0.1', port: two }), { ok: true, generation: 3 });
  t.equal(plane.admin, null);
  gateway.write(respond('fifth', listen(two)));
  t.match(await plane.reload(), { ok: true, generation: 4 });
  t.match(await postReload({ host: '127.0.0.1', port: two }), { ok: true, generation: 5 });
  t.equal(await said(http), 'fifth');
});

await t.test('another number of workers is refused in words, in the answer and in the log', async (t) => {
  const gateway = await startGateway(t, respond('x'));
  gateway.write(`workers: 2\n${respond('y')}`);
  const error = 'workers: 1 → 2 needs a restart.';
  t.match(await gateway.plane.reload(), { ok: false, reason: 'conflict', error, diagnostics: [] });
  t.match(last(gateway), `reload refused, the old configuration stays {"reason":"${error}"}`);
  t.equal(await said(gateway.httpPort), 'x');
});

await t.test('two workers take turns over the targets together, also on a port that the system chose', async (t) => {
  const upstreams = await Promise.all(Array.from({ length: 3 }, async () => startHttpUpstream(echoRequest)));
  for (const upstream of upstreams) t.teardown(async () => upstream.close());
  const gateway = await startGateway(t, `workers: 2\nupstreams: { a: [${upstreams.map(({ target }) => `"${target}"`).join(', ')}] }\nroutes: [{ upstream: a }]`);
  t.match(gateway.plane.status().workers, [{ id: 1, state: 'ready' }, { id: 2, state: 'ready' }]);
  for (let i = 0; i < 60; i++) await said(gateway.httpPort);
  t.strictSame(upstreams.map(({ requests }) => requests), [20, 20, 20]);
});

await t.test('reloads that come together are done one after the other', async (t) => {
  const gateway = await startGateway(t, respond('x'));
  const results = await Promise.all(Array.from({ length: 5 }, async () => gateway.plane.reload()));
  t.match(results, [2, 3, 4, 5, 6].map((generation) => ({ ok: true, generation })));
  t.equal(await said(gateway.httpPort), 'x');
});

await t.test('a stop waits for the reload in work, refuses the next one, and leaves no port open', async (t) => {
  const gateway = await startGateway(t, respond('x'));
  const { plane, httpPort } = gateway;
  const added = await freePort();
  gateway.write(respond('y', `{ http: ["127.0.0.1:0", "127.0.0.1:${added}"], admin: off }`));
  const reloading = plane.reload();
  await new Promise((resolve) => setImmediate(resolve));
  const stopping = plane.stop();
  const late = plane.reload();
  t.match(await reloading, { ok: true });
  t.equal(await stopping, 0);
  t.match(await late, { ok: false, reason: 'conflict', error: 'Sluice is shutting down.' });
  t.strictSame(await Promise.all([httpPort, added].map(refusesConnections)), [true, true]);
  t.equal(plane.status().status, 'draining');
});

await t.test('what cannot start says why, and leaves nothing running', async (t) => {
  const squatter = await startRawUpstream((socket) => socket.destroy());
  t.teardown(async () => squatter.close());
  const [http, admin] = [await freePort(), await freePort()];
  await t.rejects(startGateway(t, respond('x', `{ http: ["127.0.0.1:${http}", "${squatter.target}"], admin: ${admin} }`)), {
    message: `http port ${squatter.target} is in use by another program`,
  });
  await t.rejects(startGateway(t, respond('x', `{ http: "127.0.0.1:${http}", admin: ${squatter.port} }`)), { name: 'AdminListenError' });
  t.strictSame(await Promise.all([http, admin].map(refusesConnections)), [true, true]);
});

await t.test('certificates that are due are renewed without a restart, and connections do not notice', async (t) => {
  const clock = new ManualClock(Date.now());
  const gateway = await startGateway(t, respond('x'), { https: true, clock });
  const connect = async (): Promise<RawClient> => RawClient.connect({ port: gateway.httpsPort, tls: true });
  const serial = async (): Promise<string> => {
    const client = await connect();
    const { serialNumber } = (client.socket as TLSSocket).getPeerCertificate();
    client.destroy();
    return serialNumber;
  };
  const first = await serial();
  const client = await connect();
  const issues = (): number => gateway.messages.filter((message) => message.startsWith('the local CA issued a certificate')).length;
  const issuesBefore = issues();
  clock.advance(60_000);
  t.equal(await serial(), first, 'looked at every minute, renewed when it is time');
  clock.jumpWallClock(89 * DAY_MS);
  clock.advance(60_000);
  await eventually(async () => await serial() !== first, 5000);
  t.equal(issues(), issuesBefore + 1, 'and the log says so');
  t.equal((await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse()).text, 'x');
  client.destroy();
});
