import t, { type Test } from 'tap';
import type { KeepAliveConfig } from '../../src/config/upstream-config.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { UpstreamConnection } from '../../src/upstream/connection.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import type { RawClient } from '../helpers/raw-client.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { OK, startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Served {
  readonly connection: UpstreamConnection;
  readonly target: RawClient;
}

interface Pool {
  readonly pool: ConnectionPool;
  readonly clock: ManualClock;
  /** A new connection that has had one whole answer; not yet given back. */
  readonly serve: (answer?: string) => Promise<Served>;
}

async function start(t: Test, keepAlive: Partial<KeepAliveConfig> = {}): Promise<Pool> {
  const upstream = await startScriptedUpstream(t);
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const config = { address: '127.0.0.1', secure: false, host: 'app', port: upstream.port, path: null };
  const pool = new ConnectionPool(config, { verify: true, ca: null, serverName: null }, { connectionsMax: 2, idleMs: 4000, lifetimeMs: 60_000, ...keepAlive }, deadlines);
  t.teardown(() => pool.close());
  return {
    pool, clock,
    serve: async (answer = OK) => {
      const user = new RecordingUser();
      const connection = pool.open(user);
      t.teardown(() => connection.destroy());
      const target = await upstream.accept();
      await user.hears('connected');
      connection.begin('GET', false);
      target.write(answer);
      await user.hears('complete');
      return { connection, target };
    },
  };
}

await t.test('idle connections are used last in, first out', async (t) => {
  const { pool, serve } = await start(t);
  const first = await serve();
  const second = await serve();
  t.equal(pool.take(new RecordingUser()), null, 'those in use are nobody else\'s');
  pool.release(first.connection);
  pool.release(second.connection);
  t.match(pool, { openCount: 2, idleCount: 2 });
  t.equal(pool.take(new RecordingUser()), second.connection);
  t.equal(pool.take(new RecordingUser()), first.connection);
  t.equal(pool.take(new RecordingUser()), null);
});

await t.test('no more are kept than connectionsMax, and none where that is 0', async (t) => {
  for (const connectionsMax of [0, 1, 2]) {
    const { pool, serve } = await start(t, { connectionsMax });
    t.equal(pool.keepsAlive, connectionsMax > 0);
    const served = [await serve(), await serve(), await serve()];
    for (const { connection } of served) pool.release(connection);
    t.strictSame([pool.idleCount, pool.openCount], [connectionsMax, connectionsMax]);
    await Promise.all(served.slice(connectionsMax).map(async ({ target }) => target.closed));
  }
});

await t.test('what cannot carry another request is closed', async (t) => {
  const { pool, serve } = await start(t);
  const { connection, target } = await serve('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
  pool.release(connection);
  await target.closed;
  t.match(pool, { openCount: 0, idleCount: 0 });
});

await t.test('an idle connection is closed after its time, and each use gives it a new one', async (t) => {
  const { pool, clock, serve } = await start(t);
  const { connection, target } = await serve();
  pool.release(connection);
  for (let i = 0; i < 3; i++) {
    clock.advance(3900);
    t.equal(pool.take(new RecordingUser()), connection);
    clock.advance(10_000);
    t.equal(connection.closed, false, 'in use it has no such bound');
    connection.begin('GET', false);
    const user = new RecordingUser();
    connection.use(user);
    target.write(OK);
    await user.hears('complete');
    pool.release(connection);
  }
  clock.advance(4300);
  await target.closed;
  t.match(pool, { openCount: 0, idleCount: 0 });
});

await t.test('a connection that is older than its lifetime is not kept; 0 is no bound', async (t) => {
  for (const [lifetimeMs, kept] of [[60_000, 0], [0, 1]] as const) {
    const { pool, clock, serve } = await start(t, { lifetimeMs });
    const { connection } = await serve();
    clock.advance(60_100);
    pool.release(connection);
    t.equal(pool.idleCount, kept);
  }
});

await t.test('one that the upstream closes, or says something on, while it is idle is forgotten', async (t) => {
  const { pool, serve } = await start(t);
  const [first, second] = [await serve(), await serve()];
  pool.release(first.connection);
  pool.release(second.connection);
  first.target.end();
  await eventually(() => pool.idleCount === 1);
  second.target.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
  await eventually(() => pool.openCount === 0);
  t.equal(pool.take(new RecordingUser()), null);
});

await t.test('closed, it lets go of what is idle now and of what is in use when that is given back', async (t) => {
  const { pool, serve } = await start(t);
  const [idle, used] = [await serve(), await serve()];
  pool.release(idle.connection);
  pool.close();
  t.equal(pool.keepsAlive, false);
  await idle.target.closed;
  t.strictSame([pool.openCount, used.connection.closed], [1, false]);
  pool.release(used.connection);
  await used.target.closed;
  t.equal(pool.openCount, 0);
});
