import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { H2Pool } from '../../src/upstream/h2-pool.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { startH2Upstream } from '../helpers/h2-upstream.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const authority = await makeCa();
const LINE = { path: '/', host: 'a', keepAlive: true, trace: null };

function poolOf(t: Test, port: number, { secure = false, ca = null as string | null, keys = '', clock = new ManualClock() } = {}): H2Pool {
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  t.teardown(() => deadlines.close());
  const config = upstreamOf(`protocol: h2, ${keys}`);
  return new H2Pool({ address: '127.0.0.1', port, path: null, secure, host: 'localhost' }, { ...config, tls: { ...config.tls, ca } }, deadlines);
}

async function failureOf(pool: H2Pool): Promise<string> {
  const user = new RecordingUser();
  pool.call(user, false);
  await user.hears('failure');
  await eventually(() => pool.openCount === 0);
  return user.told.join(', ');
}

await t.test('who cannot be reached, or does not speak HTTP/2, is told apart, and was sent nothing', async (t) => {
  t.match(await failureOf(poolOf(t, await refusingPort())), /^failure upstream_connect_failed: connect ECONNREFUSED/);
  const old = await startRawUpstream((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  t.teardown(async () => old.close());
  t.match(await failureOf(poolOf(t, old.port)), /^failure upstream_connect_failed: the target does not speak HTTP\/2/);
  const silent = await startRawUpstream((socket) => socket.end());
  t.teardown(async () => silent.close());
  t.match(await failureOf(poolOf(t, silent.port)), /^failure upstream_connect_failed: closed before it said anything in HTTP\/2/);
});

await t.test('over TLS the certificate must be right, and HTTP/2 agreed upon', async (t) => {
  const pair = await makePair(authority, ['localhost']);
  const upstream = await startH2Upstream(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true }), {}, pair);
  t.match(await failureOf(poolOf(t, upstream.port, { secure: true })), /^failure upstream_tls_failed/);
  const user = new RecordingUser();
  const pool = poolOf(t, upstream.port, { secure: true, ca: authority.cert });
  const call = pool.call(user, false);
  await user.hears('connected');
  call.send(sampleExchange().exchange, LINE);
  await user.hears('complete');
  pool.close();
  const old = tls.createServer({ ...pair }, (socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(old, 'listening');
  t.teardown(() => old.close());
  t.match(await failureOf(poolOf(t, (old.address() as net.AddressInfo).port, { secure: true, ca: authority.cert })), /^failure upstream_tls_failed: the target did not agree to HTTP\/2 \(ALPN\)/);
});

await t.test('while a call is on it, it is tried with a PING, and without an answer every call on it fails', async (t) => {
  let answering = true;
  let pings = 0;
  let carried = 0;
  const upstream = await startH2Upstream(t, () => undefined);
  // A wire that stops carrying what the upstream says.
  const wire = net.createServer((socket) => {
    const far = net.connect(upstream.port, '127.0.0.1');
    socket.on('data', (bytes: Buffer) => far.write(bytes)).on('error', () => undefined).on('close', () => far.destroy());
    far.on('data', (bytes: Buffer) => {
      carried += bytes.length;
      if (answering) socket.write(bytes);
    }).on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');
  t.teardown(() => wire.close());
  const clock = new ManualClock();
  const pool = poolOf(t, (wire.address() as net.AddressInfo).port, { clock, keys: 'http2: { ping: 30s }' });
  const users = [new RecordingUser(), new RecordingUser()];
  const calls = users.map((user) => pool.call(user, false));
  await eventually(() => users.every(({ told }) => told[0] === 'connected'));
  for (const call of calls) call.send(sampleExchange().exchange, LINE);
  await eventually(() => upstream.sessions.length === 1);
  upstream.sessions[0]?.on('ping', () => pings++);
  for (let round = 1; round <= 2; round++) {
    clock.advance(30_300);
    await eventually(() => pings === round);
    // The answer must have come before time goes on.
    await unmoved(() => carried);
  }
  answering = false;
  await eventually(() => {
    clock.advance(10_300);
    return users.every(({ told }) => told.length === 2);
  });
  t.match(users.map(({ told }) => told[1]), [/^failure upstream_reset: no answer to a PING/, /^failure upstream_reset: no answer to a PING/]);
  await eventually(() => pool.openCount === 0);
});

await t.test('when the connection breaks, every call on it fails', async (t) => {
  const upstream = await startH2Upstream(t, (stream, { ':path': path }) => {
    if (path === '/begun') stream.respond({ ':status': 200 });
  });
  const pool = poolOf(t, upstream.port);
  const users = [new RecordingUser(), new RecordingUser()];
  const calls = users.map((user) => pool.call(user, false));
  await eventually(() => users.every(({ told }) => told[0] === 'connected'));
  calls[0]?.send(sampleExchange().exchange, { ...LINE, path: '/begun' });
  calls[1]?.send(sampleExchange().exchange, LINE);
  await users[0]?.hears('head 200');
  upstream.cut();
  await eventually(() => users.every(({ told }) => told.at(-1)?.startsWith('failure') === true));
  t.match(users.map(({ told }) => told.at(-1)), [/^failure upstream_cut/, /^failure upstream_reset/]);
});
