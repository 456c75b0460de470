import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { UpstreamConnection } from '../../src/upstream/connection.ts';
import { dialPlan, type DialAddress } from '../../src/upstream/dial.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import type { RawClient } from '../helpers/raw-client.ts';
import { RecordingUser } from '../helpers/recording-user.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { OK, refusingPort, startScriptedTlsUpstream, startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const TLS = { verify: true, ca: null, serverName: null };
const GET = { path: '/', host: 'a', keepAlive: true, trace: null };

/** One that ends its handshake last, so that what it says at once comes with the end of it. */
const eagerTls = { ...(await makePair(await makeCa(), ['app'])), maxVersion: 'TLSv1.2' } as const;

function targetAt(port: number, secure = false): DialAddress {
  return { address: '127.0.0.1', port, path: null, secure, host: 'app' };
}

interface Connected {
  readonly connection: UpstreamConnection;
  readonly user: RecordingUser;
  readonly target: RawClient;
  /** How often it said that it is gone. */
  readonly gone: () => number;
}

async function connect(t: Test, secure = false): Promise<Connected> {
  const upstream = secure ? await startScriptedTlsUpstream(t, eagerTls) : await startScriptedUpstream(t);
  const user = new RecordingUser();
  let gone = 0;
  const connection = new UpstreamConnection(dialPlan(targetAt(upstream.port, secure), { ...TLS, verify: !secure }), 0, user, { release: () => undefined, forget: () => gone++ });
  t.teardown(() => connection.destroy());
  const target = await upstream.accept();
  await user.hears('connected');
  return { connection, user, target, gone: () => gone };
}

await t.test('a request and its answer, told in order', async (t) => {
  const { connection, user, target, gone } = await connect(t);
  connection.begin('GET', false);
  t.equal(connection.answerStarted, false);
  connection.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
  await target.readUntil('\r\n\r\n');
  target.write('HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: 1\r\n\r\n');
  await user.hears('complete');
  t.strictSame(user.told, ['connected', 'informational 103', 'head 200', 'trailers A 1', 'complete']);
  t.equal(user.body, 'ok');
  t.match(connection, { answerStarted: true, reusable: true, closed: false });
  t.equal(gone(), 0);
});

await t.test('only a whole answer that allows another one after it makes it reusable', async (t) => {
  const answers = [
    [OK, true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok', true],
    [`${OK}x`, false],
  ] as const;
  for (const [answer, reusable] of answers) {
    const { connection, user, target } = await connect(t);
    t.equal(connection.reusable, false, 'before any answer');
    connection.begin('GET', false);
    target.write(answer);
    await user.hears('complete');
    t.equal(connection.reusable, reusable, answer);
    connection.begin('GET', false);
    t.equal(connection.reusable, false, 'within the next');
  }
});

await t.test('how it ends too early is told once, with who is to blame', async (t) => {
  const ends: readonly (readonly [what: string, act: (target: RawClient) => void, failure: string])[] = [
    ['ends before the answer', (target) => target.end(), 'failure upstream_reset: closed before the response'],
    ['resets before the answer', (target) => target.socket.resetAndDestroy(), 'failure upstream_reset: read ECONNRESET'],
    ['ends within the head', (target) => target.write('HTTP/1.1 200').end(), 'failure upstream_cut: closed within the response head'],
    ['ends behind a 103', (target) => target.write('HTTP/1.1 103 E\r\n\r\n').end(), 'failure upstream_cut: closed before the final response'],
    ['ends within the body', (target) => target.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab').end(), 'failure upstream_cut: closed within the body'],
    ['speaks another protocol', (target) => target.write('SSH-2.0-OpenSSH_9.9\r\n'), 'failure upstream_bad_response: not an HTTP/1.0 or HTTP/1.1 status line'],
  ];
  for (const [what, act, failure] of ends) {
    const { connection, user, target, gone } = await connect(t);
    connection.begin('GET', false);
    act(target);
    await user.hears('failure');
    t.equal(user.told.at(-1), failure, what);
    await target.closed;
    t.equal(user.told.filter((word) => word.startsWith('failure')).length, 1);
    t.strictSame([connection.closed, connection.reusable, gone()], [true, false, 1]);
  }
});

await t.test('a connection that cannot be made is a failure of the connection', async (t) => {
  const user = new RecordingUser();
  let gone = 0;
  const port = await refusingPort();
  const connection = new UpstreamConnection(dialPlan(targetAt(port), TLS), 0, user, { release: () => undefined, forget: () => gone++ });
  await user.hears('failure');
  t.match(user.told, [/^failure upstream_connect_failed: connect ECONNREFUSED/]);
  t.strictSame([connection.closed, gone], [true, 1]);
});

await t.test('whoever destroys it hears nothing more of it', async (t) => {
  const { connection, user, target, gone } = await connect(t);
  connection.begin('GET', false);
  connection.destroy();
  connection.destroy();
  target.write(OK);
  await target.closed;
  t.strictSame(user.told, ['connected']);
  t.strictSame([connection.closed, gone()], [true, 1]);
});

await t.test('destroyed within its own answer, it says nothing of the rest', async (t) => {
  const { connection, user, target } = await connect(t);
  connection.begin('GET', false);
  user.onHead = () => connection.destroy();
  target.write(OK);
  await target.closed;
  t.strictSame([user.told, user.body], [['connected'], '']);
});

for (const secure of [false, true]) {
  const name = secure ? 'TLS' : 'plain';

  await t.test(`${name}: while it rests, a byte or an end closes it`, async (t) => {
    for (const act of [(target: RawClient) => target.write('x'), (target: RawClient) => target.end(), (target: RawClient) => target.destroy()]) {
      const { connection, user, target, gone } = await connect(t, secure);
      connection.begin('GET', false);
      target.write(OK);
      await user.hears('complete');
      connection.rest();
      t.equal(connection.served, 1);
      act(target);
      await eventually(() => connection.closed);
      t.equal(gone(), 1);
      t.equal(user.told.at(-1), 'complete', 'nobody is told');
    }
  });

  await t.test(`${name}: what comes on a connection that rested is no answer to a request that was not sent yet`, async (t) => {
    const timeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
    for (const act of [(target: RawClient) => target.write(timeout), (target: RawClient) => target.end()]) {
      const { connection, user, target } = await connect(t, secure);
      connection.begin('GET', false);
      target.write(OK);
      await user.hears('complete');
      connection.rest();
      const next = new RecordingUser();
      // From here, the turn reads what has come before it writes.
      await setImmediate();
      act(target);
      connection.use(next);
      connection.send(sampleExchange().exchange, GET);
      await next.hears('failure');
      t.match(next.told, [/^failure upstream_reset: closed before the/]);
      t.equal(connection.unprocessed, true, 'even what must not be done twice can be sent again');
      t.notMatch(await target.readToEnd(), /GET/);
    }
  });

  await t.test(`${name}: what follows a whole answer, in its read or the next, is nobody's answer`, async (t) => {
    for (const apart of [false, true]) {
      const { connection, user, target } = await connect(t, secure);
      connection.begin('GET', false);
      user.onReadEnds = () => {
        if (user.told.at(-1) === 'complete' && connection.reusable) connection.rest();
      };
      // Two writes to a corked TLS socket are two records of one packet, and two reads.
      if (apart) target.socket.cork();
      target.write(apart ? OK : `${OK}${OK}`);
      if (apart) target.write(OK).socket.uncork();
      await user.hears('complete');
      await eventually(() => connection.closed || !connection.reusable);
      await setImmediate();
      t.equal(connection.reusable, false);
      t.strictSame([user.told, user.body], [['connected', 'head 200', 'complete'], 'ok']);
    }
  });
}

await t.test('what comes on a new connection before the request is sent is no answer to it', async (t) => {
  const { connection, user, target } = await connect(t);
  await setImmediate();
  target.write(OK);
  connection.send(sampleExchange().exchange, GET);
  await user.hears('failure');
  t.strictSame(user.told, ['connected', 'failure upstream_bad_response: bytes came before the request was sent']);
  t.equal(connection.unprocessed, true);
});

await t.test('what a TLS upstream says right behind the handshake is no answer to the first request', async (t) => {
  for (const hasBody of [false, true]) {
    const server = await startScriptedTlsUpstream(t, eagerTls);
    const user = new RecordingUser();
    const plan = dialPlan(targetAt(server.port, true), { ...TLS, verify: false });
    const connection = new UpstreamConnection(plan, 0, user, { release: () => undefined, forget: () => undefined });
    user.onConnected = () => {
      connection.send(sampleExchange().exchange, GET);
      if (hasBody) connection.write(Buffer.from('body'));
    };
    const target = await server.accept();
    target.write(OK);
    await user.hears('failure');
    t.strictSame(user.told, ['failure upstream_bad_response: bytes came before the request was sent']);
    t.equal(await target.readToEnd(), '', 'nothing was sent: it can be sent elsewhere');
  }
});

await t.test('paused, it takes no more than one read, and goes on where it stopped', async (t) => {
  const { connection, user, target } = await connect(t);
  connection.begin('GET', false);
  user.onReadEnds = () => connection.pause();
  const bytes = 600_000;
  target.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`).write(Buffer.alloc(bytes, 'x'));
  let reads = 0;
  for (let before = -1; user.body.length < bytes; reads++) {
    await eventually(() => user.body.length > before);
    t.ok(user.body.length - Math.max(before, 0) <= 131_072);
    before = user.body.length;
    connection.resume();
  }
  t.ok(reads >= 5, `${reads} reads`);
  await user.hears('complete');
});

await t.test('a connection that was paused when its answer ended reads again for the next', async (t) => {
  const { connection, user, target } = await connect(t);
  connection.begin('GET', false);
  user.onReadEnds = () => connection.pause();
  target.write(OK);
  await user.hears('complete');
  connection.rest();
  connection.use(user);
  connection.begin('GET', false);
  target.write(OK);
  await eventually(() => user.told.filter((word) => word === 'complete').length === 2);
});

await t.test('behind a 101 come bytes, for whoever took it over, and each direction ends by itself', async (t) => {
  const { connection, user, target } = await connect(t);
  connection.begin('GET', true);
  const tunnel = new RecordingUser();
  user.onHead = () => connection.handOver(tunnel);
  target.write('HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst ');
  await eventually(() => tunnel.body === 'first ');
  target.write('then');
  await eventually(() => tunnel.body === 'first then');
  target.end();
  await tunnel.hears('tunnel end');
  connection.write(Buffer.from('last words'));
  t.equal(await target.readUntil('last words'), 'last words');
  connection.end();
  await target.closed;
  t.strictSame(user.told, ['connected']);
});

await t.test('writing more than it takes says so, and says when it takes more', async (t) => {
  const { connection, user, target } = await connect(t);
  target.socket.pause();
  let written = 0;
  while (connection.write(Buffer.alloc(65_536)) && written < 1000) written++;
  // The kernel may have taken it all the same; only what it has not can be waited for.
  for (let i = 0; i < 200; i++) connection.write(Buffer.alloc(65_536));
  t.notOk(user.told.includes('writable'));
  target.socket.removeAllListeners('data').resume();
  await user.hears('writable');
});
