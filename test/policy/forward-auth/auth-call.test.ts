import t, { type Test } from 'tap';
import { Deadlines } from '../../../src/lib/deadlines.ts';
import { AuthService } from '../../../src/policy/forward-auth/auth-call.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { refusingPort, startScriptedUpstream } from '../../helpers/scripted-upstream.ts';
import { startHttpUpstream } from '../../helpers/upstream.ts';
import { eventually } from '../../helpers/wait-for.ts';

const HEADERS = ['Host', 'auth.test', 'X-Forwarded-Uri', '/a'];

function service(t: Test, port: number): { readonly auth: AuthService; readonly clock: ManualClock; readonly left: (() => void)[]; readonly ask: () => ReturnType<AuthService['ask']> } {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => { throw error; });
  const auth = new AuthService(`http://127.0.0.1:${port}/verify?x=1`, deadlines);
  const left: (() => void)[] = [];
  t.teardown(() => {
    auth.close();
    deadlines.close();
  });
  return { auth, clock, left, ask: async () => auth.ask([...HEADERS], 1000, (leave) => left.push(leave)) };
}

await t.test('a GET without a body over a connection that is kept', async (t) => {
  const seen: string[] = [];
  const upstream = await startHttpUpstream((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host} ${String(request.headers['x-forwarded-uri'])} ${request.headers['content-length'] ?? 'none'}`);
    response.writeHead(204, { 'X-User': 'anna' }).end();
  });
  t.teardown(async () => upstream.close());
  const { ask } = service(t, upstream.port);
  for (let i = 0; i < 3; i += 1) {
    const { status, rawHeaders } = await ask();
    t.strictSame([status, rawHeaders.slice(0, 2)], [204, ['X-User', 'anna']]);
  }
  t.strictSame([...new Set(seen)], ['GET /verify?x=1 auth.test /a none']);
  t.equal(upstream.connections, 1);
});

await t.test('a connection that was closed while nobody used it is no failure', async (t) => {
  const upstream = await startScriptedUpstream(t);
  const { ask } = service(t, upstream.port);
  const first = ask();
  const connection = await upstream.accept();
  await connection.readUntil('\r\n\r\n');
  connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  t.equal((await first).status, 200);
  const second = ask();
  await connection.readUntil('\r\n\r\n');
  connection.socket.resetAndDestroy();
  const next = await upstream.accept();
  await next.readUntil('\r\n\r\n');
  next.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  t.equal((await second).status, 200);
  next.destroy();
});

await t.test('no answer in time, none at all, and one that is none are failures in words', async (t) => {
  const refused = service(t, await refusingPort());
  await t.rejects(refused.ask(), /ECONNREFUSED/);
  const upstream = await startScriptedUpstream(t);
  const { ask, clock } = service(t, upstream.port);
  const late = ask();
  const silent = await upstream.accept();
  clock.advance(1200);
  await t.rejects(late, /in time/);
  await silent.closed;
  for (const bytes of ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'SSH-2.0\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab']) {
    const asked = ask();
    const connection = await upstream.accept();
    await connection.readUntil('\r\n\r\n');
    connection.write(bytes).end();
    await t.rejects(asked, Error, bytes);
  }
});

await t.test('threat: an answer without an end does not fill the memory', async (t) => {
  const upstream = await startHttpUpstream((_request, response) => void response.end(Buffer.alloc(64 * 1024 + 1)));
  t.teardown(async () => upstream.close());
  await t.rejects(service(t, upstream.port).ask(), /more than 64 KB/);
});

await t.test('who leaves ends the question', async (t) => {
  const upstream = await startScriptedUpstream(t);
  const { ask, left, clock } = service(t, upstream.port);
  const asked = ask();
  const connection = await upstream.accept();
  left[0]?.();
  await t.rejects(asked, /has gone/);
  await connection.closed;
  left[0]?.();
  clock.advance(5000);
  t.equal(await eventually(() => upstream.open === 0), true);
});

await t.test('a header that cannot be sent is a failure like any other', async (t) => {
  const { auth, clock } = service(t, 9);
  await t.rejects(auth.ask(['Host', 'a', 'X', 'a\u0100'], 1000, () => undefined), /character/);
  clock.advance(5000);
});
