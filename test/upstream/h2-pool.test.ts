import { constants, type ServerHttp2Stream } from 'node:http2';
import t, { type Test } from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { H2Pool } from '../../src/upstream/h2-pool.ts';
import type { UpstreamCall } from '../../src/upstream/upstream-call.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { startH2Upstream, type H2Upstream } from '../helpers/h2-upstream.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { eventually } from '../helpers/wait-for.ts';

const LINE = { path: '/', host: 'a', keepAlive: true, trace: null };

interface Placed {
  readonly call: UpstreamCall;
  readonly user: RecordingUser;
}

interface Pooled {
  readonly pool: H2Pool;
  readonly clock: ManualClock;
  readonly upstream: H2Upstream;
  readonly streams: readonly ServerHttp2Stream[];
  /** A call whose request has been sent. */
  readonly send: () => Promise<Placed>;
  /** Answers the oldest stream that is open. */
  readonly answer: () => void;
}

async function start(t: Test, streamsMax: number, keys: string): Promise<Pooled> {
  const streams: ServerHttp2Stream[] = [];
  const upstream = await startH2Upstream(t, (stream) => streams.push(stream), { settings: { maxConcurrentStreams: streamsMax } });
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const pool = new H2Pool({ address: '127.0.0.1', port: upstream.port, path: null, secure: false, host: 'app' }, upstreamOf(`protocol: h2, ${keys}`), deadlines);
  t.teardown(() => deadlines.close());
  const send = async (): Promise<Placed> => {
    const user = new RecordingUser();
    const call = pool.call(user, false);
    t.teardown(() => call.destroy());
    const before = streams.length;
    if (!call.ready) await user.hears('connected');
    call.send(sampleExchange().exchange, LINE);
    await eventually(() => streams.length > before);
    return { call, user };
  };
  return { pool, clock, upstream, streams, send, answer: () => streams.find(({ headersSent }) => !headersSent)?.respond({ ':status': 200 }, { endStream: true }) };
}

await t.test('calls share a connection up to what the upstream allows, then another one is opened, up to the bound', async (t) => {
  const { pool, upstream, send, answer } = await start(t, 2, 'http2: { connections: 2 }');
  const calls = [await send(), await send(), await send(), await send()];
  t.strictSame([pool.openCount, upstream.accepted], [2, 2]);
  t.throws(() => pool.call(new RecordingUser(), false), { code: 'overloaded' });
  answer();
  await calls[0]?.user.hears('complete');
  calls[0]?.call.release();
  await eventually(() => upstream.codes.length === 1);
  const next = await send();
  t.equal(next.call.reused, true);
  t.equal(upstream.accepted, 2);
});

await t.test('of those that waited for the same connection, the ones it has no room for go on to others', async (t) => {
  const { pool, upstream } = await start(t, 1, 'http2: { connections: 2 }');
  const users = Array.from({ length: 3 }, () => new RecordingUser());
  const calls = users.map((user) => pool.call(user, false));
  t.strictSame(calls.map(({ ready }) => ready), [false, false, false]);
  t.equal(pool.openCount, 1);
  await eventually(() => users.every(({ told }) => told.length === 1));
  t.strictSame(users.map(({ told }) => told[0]?.split(':')[0]), ['connected', 'connected', 'failure overloaded']);
  t.equal(upstream.accepted, 2);
  for (const call of calls) call.destroy();
});

await t.test('a connection nobody uses is closed after its time, and at once where none is to be kept', async (t) => {
  for (const [keys, pastMs] of [['keepAlive: { idle: 4s }', 4300], ['keepAlive: { connections: 0 }', 0]] as const) {
    const { pool, clock, upstream, send, answer } = await start(t, 10, keys);
    const { call, user } = await send();
    answer();
    await user.hears('complete');
    call.release();
    await eventually(() => upstream.codes.length === 1);
    if (pastMs > 0) {
      await eventually(() => pool.idleCount === 1);
      clock.advance(3900);
      t.equal(pool.openCount, 1);
      clock.advance(pastMs);
    }
    await eventually(() => pool.openCount === 0);
    await eventually(() => upstream.sessions.length === 0);
  }
});

await t.test('one that is old takes no further call; those on it go on', async (t) => {
  const { pool, clock, upstream, send, answer } = await start(t, 10, 'keepAlive: { lifetime: 1m }, http2: { ping: off }');
  const old = await send();
  clock.advance(61_000);
  await send();
  t.equal(upstream.accepted, 2);
  answer();
  await old.user.hears('complete');
  old.call.release();
  await eventually(() => pool.openCount === 1);
});

await t.test('a call that is given up before there is a connection leaves none behind', async (t) => {
  const { pool } = await start(t, 10, '');
  pool.call(new RecordingUser(), false).destroy();
  t.equal(pool.openCount, 0);
});

await t.test('closed, it keeps what is in use until that is over', async (t) => {
  const { pool, send, answer } = await start(t, 10, '');
  const { call, user } = await send();
  pool.close();
  t.strictSame([pool.keepsAlive, pool.openCount], [false, 1]);
  answer();
  await user.hears('complete');
  call.release();
  await eventually(() => pool.openCount === 0);
});

await t.test('GOAWAY: the calls the upstream took go on, the next go elsewhere', async (t) => {
  const { pool, upstream, send, answer } = await start(t, 10, '');
  const first = await send();
  upstream.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR);
  await eventually(() => {
    const call = pool.call(new RecordingUser(), false);
    const elsewhere = !call.ready;
    call.destroy();
    return elsewhere;
  });
  const second = await send();
  t.equal(upstream.accepted >= 2, true);
  answer();
  await first.user.hears('complete');
  t.strictSame(second.user.told, ['connected']);
});
