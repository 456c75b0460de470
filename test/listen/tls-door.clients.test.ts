import { once } from 'node:events';
import net from 'node:net';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { ClientCa } from '../helpers/client-certificates.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor, type TestDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';

const ca = await ClientCa.make();
const other = await ClientCa.make();
const [member, stranger] = [await ca.client('member'), await other.client('stranger')];
const RULES = [
  ca.rule(['closed.test', '*.closed.test']),
  other.rule(['other.test']),
  ca.rule(['open.test'], { mode: 'request' }),
];
const NAMES = ['public.test', 'closed.test', '*.closed.test', 'other.test', 'open.test'];
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

async function start(t: Test, options: Parameters<typeof startDoor>[1] = {}): Promise<TestDoor> {
  return startDoor(t, { secure: true, clients: RULES, names: NAMES, ...options });
}

interface Visit {
  /** Status line of the answer; '' where there was no connection. */
  readonly status: string;
  readonly session: Buffer | undefined;
  readonly resumed: boolean;
}

/** One request to the door on a connection of its own. */
async function visit({ port }: TestDoor, servername: string, options: ConnectionOptions = {}): Promise<Visit> {
  const socket = tls.connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false, ...options });
  let text = '';
  let session: Buffer | undefined;
  let resumed = false;
  socket.on('secureConnect', () => { resumed = socket.isSessionReused(); });
  socket.on('session', (ticket: Buffer) => { session = ticket; });
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1'); });
  socket.on('error', () => socket.destroy());
  socket.write(`GET / HTTP/1.1\r\nHost: ${servername || 'x'}\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => { socket.once('close', resolve); });
  return { status: text.split('\r\n')[0] ?? '', session, resumed };
}

await t.test('a host without a rule asks nobody, although others do', async (t) => {
  const door = await start(t);
  t.match(await visit(door, 'public.test', { ...stranger }), { status: 'HTTP/1.1 200 OK' });
  t.equal(door.exchanges[0]?.client, null);
});

await t.test('`require`: without a certificate, or with one of another authority, there is no connection', async (t) => {
  const door = await start(t);
  for (const maxVersion of VERSIONS) {
    for (const servername of ['closed.test', 'a.closed.test', 'a.b.closed.test', 'CLOSED.test']) {
      t.equal((await visit(door, servername, { maxVersion })).status, '', `${servername}, none`);
      t.equal((await visit(door, servername, { maxVersion, ...stranger })).status, '', `${servername}, of another`);
      t.equal((await visit(door, servername, { maxVersion, ...member })).status, 'HTTP/1.1 200 OK', `${servername}, a good one`);
    }
  }
  t.equal(door.exchanges.length, 8, 'nothing of the others was read');
  t.ok(door.exchanges.every(({ client }) => client?.verdict === 'SUCCESS' && client.subject === 'CN=member'));
  t.ok(door.logger.entries.some(({ fields }) => fields?.['reason'] === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'the log says why');
  await eventually(() => door.connections() === 0);
});

await t.test('each authority is for its own hosts, and the well-known ones for none', async (t) => {
  const door = await start(t);
  t.match(await visit(door, 'other.test', { ...stranger }), { status: 'HTTP/1.1 200 OK' });
  t.match(await visit(door, 'other.test', { ...member }), { status: '' });
});

await t.test('`request`: who shows none is let in and known as nobody, who shows a wrong one is known as that', async (t) => {
  const door = await start(t);
  for (const identity of [{}, member, stranger]) t.match(await visit(door, 'open.test', { ...identity }), { status: 'HTTP/1.1 200 OK' });
  t.match(door.exchanges.map(({ client }) => client), [
    { verdict: 'NONE', fingerprint: '' },
    { verdict: 'SUCCESS', subject: 'CN=member' },
    { verdict: 'FAILED', fault: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  ]);
});

await t.test('threat: a session of one host is not resumed on a host with other rules (CVE-2025-23419)', async (t) => {
  const door = await start(t);
  for (const maxVersion of VERSIONS) {
    const sessions = {
      'public.test': await visit(door, 'public.test', { maxVersion }),
      'open.test': await visit(door, 'open.test', { maxVersion }),
      'closed.test': await visit(door, 'closed.test', { maxVersion, ...member }),
      'other.test': await visit(door, 'other.test', { maxVersion, ...stranger }),
    };
    for (const [from, { session }] of Object.entries(sessions)) {
      t.ok(session, `${from} gives a session`);
      for (const to of ['closed.test', 'other.test']) {
        if (from === to) continue;
        const result = await visit(door, to, { maxVersion, session });
        t.match(result, { status: '', resumed: false }, `${maxVersion}: from ${from} to ${to}`);
      }
    }
    const again = await visit(door, 'closed.test', { maxVersion, session: sessions['closed.test'].session });
    t.match(again, { status: 'HTTP/1.1 200 OK', resumed: true }, 'on its own host it is, with the certificate of before');
    t.match(door.exchanges.at(-1)?.client, { verdict: 'SUCCESS', subject: 'CN=member' });
    const nobody = await visit(door, 'open.test', { maxVersion, session: sessions['open.test'].session });
    t.match(nobody, { status: 'HTTP/1.1 200 OK', resumed: true });
    t.match(door.exchanges.at(-1)?.client, { verdict: 'NONE' }, 'who has shown none has shown none the second time');
  }
});

await t.test('a revoked certificate is refused, and everybody once the list has run out', async (t) => {
  const revoked = await ca.client('revoked', { serial: '0b' });
  const crl = await ca.crl(['0b']);
  const door = await start(t, { clients: [ca.rule(['closed.test'], { crl })] });
  t.match(await visit(door, 'closed.test', { ...member }), { status: 'HTTP/1.1 200 OK' });
  t.match(await visit(door, 'closed.test', { ...revoked }), { status: '' });
  t.ok(door.logger.entries.some(({ fields }) => fields?.['reason'] === 'CERT_REVOKED'));
  const old = await start(t, { clients: [ca.rule(['closed.test'], { crl: await ca.crl([], new Date(Date.now() - 3_600_000)) })] });
  t.match(await visit(old, 'closed.test', { ...member }), { status: '' });
  t.ok(old.logger.entries.some(({ fields }) => fields?.['reason'] === 'CRL_HAS_EXPIRED'));
});

await t.test('an expired certificate is refused', async (t) => {
  const expired = await ca.client('old', { notAfter: new Date(Date.now() - 60_000) });
  t.match(await visit(await start(t), 'closed.test', { ...expired }), { status: '' });
});

await t.test('a client that names no host is treated as the address it came to, else as the default certificate\'s host', async (t) => {
  const byAddress = await start(t, { clients: [ca.rule(['127.0.0.1'])] });
  t.match(await visit(byAddress, ''), { status: '' });
  t.match(await visit(byAddress, '', { ...member }), { status: 'HTTP/1.1 200 OK' });
  const byDefault = await start(t, { clients: [ca.rule(['closed.test'])], names: ['closed.test', 'public.test'] });
  t.match(await visit(byDefault, ''), { status: '' });
  t.match(await visit(byDefault, '', { ...member }), { status: 'HTTP/1.1 200 OK' });
  const open = await start(t, { clients: [ca.rule(['elsewhere.test'])] });
  t.match(await visit(open, ''), { status: 'HTTP/1.1 200 OK' });
});

/** The first flight of a client, to be sent in pieces. */
async function throughPieces(t: Test, door: TestDoor, size: number, options: ConnectionOptions): Promise<TLSSocket> {
  const relay = net.createServer((near) => {
    const far = net.connect(door.port, '127.0.0.1').setNoDelay(true);
    for (const socket of [near, far]) socket.on('error', () => { near.destroy(); far.destroy(); });
    far.pipe(near);
    void (async () => {
      for await (const chunk of near) {
        for (let at = 0; at < (chunk as Buffer).length; at += size) {
          far.write((chunk as Buffer).subarray(at, at + size));
          await new Promise(setImmediate);
        }
      }
    })().catch(() => undefined);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  t.teardown(() => relay.close());
  const socket = tls.connect({ host: '127.0.0.1', port: (relay.address() as net.AddressInfo).port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  t.teardown(() => socket.destroy());
  return socket;
}

await t.test('a first message in many pieces is understood', async (t) => {
  const door = await start(t);
  for (const size of [1, 100, 1000]) {
    const socket = await throughPieces(t, door, size, { servername: 'closed.test', ...member });
    socket.write('GET / HTTP/1.1\r\nHost: closed.test\r\n\r\n');
    const [answer] = await once(socket, 'data') as [Buffer];
    t.match(answer.toString(), 'HTTP/1.1 200 OK');
  }
});

await t.test('a client that says nothing, or half of it, is closed in time and forgotten', async (t) => {
  const door = await start(t, { listen: 'timeouts: { tlsHandshake: 100ms }' });
  for (const beginning of ['', '\x16\x03\x01\x02\x00\x01']) {
    const client = await RawClient.connect({ port: door.port });
    client.write(beginning);
    await client.closed;
    await eventually(() => door.connections() === 0 && door.door.isEmpty);
  }
  const leaver = await RawClient.connect({ port: door.port });
  leaver.write('\x16').destroy();
  await eventually(() => door.connections() === 0 && door.door.isEmpty);
  t.equal(door.exchanges.length, 0);
});

await t.test('what is not TLS gets past nobody', async (t) => {
  const door = await start(t);
  const client = await RawClient.connect({ port: door.port });
  client.write('GET / HTTP/1.1\r\nHost: closed.test\r\n\r\n');
  await client.closed;
  await eventually(() => door.door.isEmpty);
  t.equal(door.exchanges.length, 0);
});

await t.test('threat: a client that poses as a certificate authority is asked nothing, and let in nowhere', async (t) => {
  const door = await start(t);
  const result = await visit(door, 'closed.test', { ALPNProtocols: ['acme-tls/1', 'http/1.1'] });
  t.match(result, { status: 'HTTP/1.1 200 OK' });
  t.equal(door.exchanges[0]?.client, null, 'so that the request is sent away with 421, by its host');
});
