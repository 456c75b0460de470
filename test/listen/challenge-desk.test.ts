import { createPrivateKey, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { ACME_PROTOCOL, ChallengeDesk } from '../../src/listen/challenge-desk.ts';
import { issueProof, newKey } from '../../src/tls/issue-certificate.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startDoor } from '../helpers/test-door.ts';

const HOST = 'app.example.com';
const PATH = '/.well-known/acme-challenge/token-1';
const OPEN = { host: HOST, token: 'token-1', keyAuthorization: 'token-1.thumbprint' };

function deskWithToken(): ChallengeDesk {
  const desk = new ChallengeDesk();
  desk.use({ http: [OPEN], alpn: [] });
  return desk;
}

async function deskWithProof(): Promise<ChallengeDesk> {
  const key = newKey();
  const desk = new ChallengeDesk();
  desk.use({ http: [], alpn: [{ host: HOST, cert: await issueProof(createPrivateKey(key), HOST, 'x', Date.now()), key }] });
  return desk;
}

await t.test('a known token on its own host is answered, for GET and HEAD', async (t) => {
  for (const method of ['GET', 'HEAD']) {
    const { exchange, sink } = sampleExchange({ method, url: PATH, headers: ['Host', 'App.Example.com:80'] });
    t.ok(deskWithToken().answer(exchange));
    t.equal(exchange.status, 200);
    t.match(exchange, { host: HOST, path: PATH, routeId: 'acme-challenge' });
    t.match(sink, { status: 200 });
  }
});

await t.test('threat: everything else goes its usual way', async (t) => {
  const host = ['Host', HOST];
  const requests: readonly (readonly [what: string, request: SampleRequest])[] = [
    ['another token', { url: `${PATH}x`, headers: host }],
    ['no token', { url: '/.well-known/acme-challenge/', headers: host }],
    ['another host', { url: PATH, headers: ['Host', 'www.example.com'] }],
    ['no host', { url: PATH, headers: [] }],
    ['two hosts', { url: PATH, headers: [...host, ...host] }],
    ['a host with a blank', { url: PATH, headers: ['Host', `${HOST} token-1`] }],
    ['a query', { url: `${PATH}?x`, headers: host }],
    ['another spelling', { url: '/.well-known/%61cme-challenge/token-1', headers: host }],
    ['dots', { url: `/.well-known/acme-challenge/../acme-challenge/token-1`, headers: host }],
    ['a whole URL', { url: `http://${HOST}${PATH}`, headers: host }],
    ['POST', { method: 'POST', url: PATH, headers: host }],
    ['a body', { url: PATH, headers: [...host, 'Content-Length', '3'] }],
    ['a doubtful body', { url: PATH, headers: [...host, 'Transfer-Encoding', 'xchunked'] }],
    ['TLS', { url: PATH, headers: host, secure: true }],
  ];
  for (const [what, request] of requests) {
    const { exchange } = sampleExchange(request);
    t.notOk(deskWithToken().answer(exchange), what);
    t.equal(exchange.status, 0, what);
  }
});

await t.test('when the order is over nothing is answered any more', async (t) => {
  const desk = deskWithToken();
  desk.use({ http: [], alpn: [] });
  t.notOk(desk.answer(sampleExchange({ url: PATH, headers: ['Host', HOST] }).exchange));
  const proving = await deskWithProof();
  t.ok(proving.contextFor('APP.example.com'));
  t.equal(proving.contextFor('www.example.com'), null);
  proving.use({ http: [], alpn: [] });
  t.equal(proving.contextFor(HOST), null);
});

async function connect(t: Test, port: number, options: tls.ConnectionOptions): Promise<{ readonly subject: string; readonly closed: Promise<unknown> }> {
  const client = await RawClient.connect({ port, tls: { rejectUnauthorized: false, ...options } });
  t.teardown(() => client.destroy());
  const certificate = (client.socket as tls.TLSSocket).getPeerX509Certificate();
  return { subject: new X509Certificate(certificate?.raw ?? '').subject, closed: client.closed };
}

await t.test('a CA that comes with acme-tls/1 sees the proof in TLS 1.2 and 1.3, and nothing else', async (t) => {
  const challenges = await deskWithProof();
  const { port, exchanges, door } = await startDoor(t, { secure: true, challenges, names: [HOST] });
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const proof = await connect(t, port, { servername: HOST, ALPNProtocols: [ACME_PROTOCOL], maxVersion });
    t.match(proof.subject, 'ACME challenge', maxVersion);
    await proof.closed;
    const usual = await connect(t, port, { servername: HOST, ALPNProtocols: ['http/1.1'], maxVersion });
    t.match(usual.subject, HOST, maxVersion);
  }
  t.equal(exchanges.length, 0);
  t.ok(door);
});

await t.test('threat: without an open challenge for the host nobody gets in with acme-tls/1', async (t) => {
  const { port } = await startDoor(t, { secure: true, challenges: await deskWithProof() });
  for (const servername of ['localhost', 'www.example.com']) {
    await t.rejects(RawClient.connect({ port, tls: { servername, rejectUnauthorized: false, ALPNProtocols: [ACME_PROTOCOL] } }), { code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
  }
  const { subject } = await connect(t, port, { servername: 'localhost', ALPNProtocols: [ACME_PROTOCOL, 'h2'] });
  t.match(subject, 'localhost', 'another protocol that it offers is as good as ever');
});
