import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import t from 'tap';
import { ChallengeDesk } from '../../src/listen/challenge-desk.ts';
import { issueProof, newKey } from '../../src/tls/issue-certificate.ts';
import { MetricsHub } from '../../src/observe/metrics/metrics-hub.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';
import { eventually } from '../helpers/wait-for.ts';
import { flat } from '../observe/metrics/sample-measured.ts';

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

await t.test('sessions are resumed, and counted', async (t) => {
  const { port, ca, metrics } = await startDoor(t, { secure: true });
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
  (await RawClient.connect({ port })).write('this is no TLS').end();
  const hub = new MetricsHub();
  await eventually(() => {
    hub.apply(metrics, metrics.snapshot());
    return flat(hub.totals)['sluice_tls_handshake_failures_total']?.[0] === 1;
  });
  t.match(flat(hub.totals), { 'sluice_tls_handshakes_total TLSv1.3|false': [1], 'sluice_tls_handshakes_total TLSv1.3|true': [1] });
});

await t.test('a host that waits for its certificate is refused with unrecognized_name, in TLS 1.2 and 1.3; others are served', async (t) => {
  const { port, ca, door, exchanges } = await startDoor(t, { secure: true, pending: { refused: ['app.example.com'] } });
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    await t.rejects(RawClient.connect({ port, tls: { ca, servername: 'app.example.com', maxVersion } }), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' });
    const client = await RawClient.connect({ port, tls: { ca, servername: 'localhost', maxVersion } });
    client.destroy();
  }
  await eventually(() => door.isEmpty);
  t.equal(exchanges.length, 0);
});

await t.test('threat: while its challenge is open such a host shows its proof, and nothing behind it', async (t) => {
  const challenges = new ChallengeDesk();
  const key = newKey();
  challenges.use({ http: [], alpn: [{ host: 'app.example.com', key, cert: await issueProof(createPrivateKey(key), 'app.example.com', 'x', Date.now()) }] });
  const { port, exchanges, door } = await startDoor(t, { secure: true, challenges, pending: { refused: ['app.example.com'] } });
  const ask = async (ALPNProtocols?: string[]): Promise<RawClient> => RawClient.connect({ port, tls: { rejectUnauthorized: false, servername: 'app.example.com', ...(ALPNProtocols && { ALPNProtocols }) } });
  const proof = await ask(['acme-tls/1']);
  t.equal((proof.socket as tls.TLSSocket).getPeerX509Certificate()?.subjectAltName, 'DNS:app.example.com');
  await proof.closed;
  const other = await ask();
  other.write('GET / HTTP/1.1\r\nHost: app.example.com\r\n\r\n');
  await other.closed;
  t.equal(exchanges.length, 0);
  await eventually(() => door.isEmpty);
});

await t.test('names that may have a certificate on demand are told, others not', async (t) => {
  const told: string[] = [];
  const { port } = await startDoor(t, { secure: true, pending: { onDemand: { allow: ['*.example.com'], refuse: false } }, onUncertified: (name) => void told.push(name) });
  for (const servername of ['a.example.com', 'evil.test', 'localhost']) {
    const client = await RawClient.connect({ port, tls: { rejectUnauthorized: false, servername } });
    t.equal((client.socket as tls.TLSSocket).getPeerX509Certificate()?.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1', 'the default answers');
    client.destroy();
  }
  t.strictSame(told, ['a.example.com']);
});
