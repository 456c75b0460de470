import { once } from 'node:events';
import tls from 'node:tls';
import t from 'tap';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';

await t.test('ALPN chooses the protocol, and a client without it gets HTTP/1.1', async (t) => {
  const { port, ca, exchanges } = await startDoor(t, { secure: true });
  for (const [offered, chosen] of [[['h2', 'http/1.1'], 'h2'], [['http/1.1'], 'http/1.1'], [undefined, false]] as const) {
    const client = await RawClient.connect({ port, tls: { ca, servername: 'localhost', ...(offered && { ALPNProtocols: [...offered] }) } });
    t.equal((client.socket as tls.TLSSocket).alpnProtocol, chosen);
    if (chosen !== 'h2') t.equal((await client.write('GET /s HTTP/1.1\r\nHost: localhost\r\n\r\n').readResponse()).text, 'GET /s');
    client.destroy();
  }
  t.match(exchanges, [{ secure: true, scheme: 'https', protocol: 'HTTP/1.1', tlsVersion: 'TLSv1.3', peerAddress: '127.0.0.1' }, {}]);
});

await t.test('a client that speaks neither protocol is refused in the handshake', async (t) => {
  const { port, ca, door } = await startDoor(t, { secure: true });
  const client = RawClient.connect({ port, tls: { ca, servername: 'localhost', ALPNProtocols: ['spdy/3'] } });
  await t.rejects(client, { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
  await eventually(() => door.isEmpty);
});

await t.test('a handshake that is not done in time ends the connection, and no longer counts', async (t) => {
  const { port, door, connections, logger } = await startDoor(t, { secure: true, listen: 'timeouts: { tlsHandshake: 150ms }' });
  for (const beginning of ['', '\x16\x03\x01\x02\x00\x01']) {
    const client = await RawClient.connect({ port });
    client.write(beginning);
    await eventually(() => connections() === 1);
    t.notOk(door.isEmpty);
    await client.closed;
    await eventually(() => connections() === 0 && door.isEmpty);
  }
  t.match(logger.entries.at(-1), { level: 'debug', message: 'TLS handshake failed', fields: { client: '127.0.0.1' } });
});

await t.test('what is not TLS, or leaves in the middle of the handshake, is closed and forgotten', async (t) => {
  const { port, door, connections, exchanges } = await startDoor(t, { secure: true });
  const plain = await RawClient.connect({ port });
  plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await plain.closed;
  t.notMatch(plain.received.toString('latin1'), 'HTTP/1.1');
  const leaver = await RawClient.connect({ port });
  await eventually(() => connections() === 1);
  leaver.write('\x16\x03\x01').destroy();
  const reset = await RawClient.connect({ port });
  await eventually(() => connections() >= 1);
  reset.socket.resetAndDestroy();
  await eventually(() => connections() === 0 && door.isEmpty);
  t.equal(exchanges.length, 0);
});

await t.test('an old version of TLS is refused', async (t) => {
  const { port, ca } = await startDoor(t, { secure: true });
  const client = RawClient.connect({ port, tls: { ca, servername: 'localhost', minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } });
  await t.rejects(client, { code: /PROTOCOL_VERSION|ECONNRESET/ });
});

await t.test('closing the door ends the handshakes and connections of TLS', async (t) => {
  const { port, ca, door, admission, connections } = await startDoor(t, { secure: true });
  const secure = await RawClient.connect({ port, tls: { ca, servername: 'localhost' } });
  await secure.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n').readResponse();
  const handshaking = await RawClient.connect({ port });
  await eventually(() => connections() === 2);
  door.close();
  for (const socket of admission.open) socket.destroy();
  await Promise.all([secure.closed, handshaking.closed]);
  await eventually(() => connections() === 0 && door.isEmpty);
  t.equal(admission.open.size, 0);
});

await t.test('sessions are resumed', async (t) => {
  const { port, ca } = await startDoor(t, { secure: true });
  const connect = async (session?: Buffer): Promise<tls.TLSSocket> => {
    const socket = tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost', ...(session && { session }) });
    t.teardown(() => socket.destroy());
    return socket;
  };
  const first = await connect();
  const [ticket] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  const second = await connect(ticket);
  await once(second, 'secureConnect');
  t.ok(second.isSessionReused());
});
