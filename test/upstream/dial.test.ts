import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { isTlsError } from '../../src/upstream/dial.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { OK, startScriptedTlsUpstream } from '../helpers/scripted-upstream.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { answerWith, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const CA_FILE = '/etc/sluice/ca.pem';

interface Outcome {
  readonly answer: RawResponse;
  readonly gateway: LoneGateway;
}

/** One GET through a gateway whose only upstream is this. */
async function get(t: Test, target: string, keys: string, ca: string): Promise<Outcome> {
  const yaml = `upstreams: { api: { targets: "${target}", ${keys} } }\nroutes: [{ upstream: api }]`;
  const gateway = await startLoneGateway(t, yaml, { files: { [CA_FILE]: ca } });
  const client = await RawClient.connect({ port: gateway.port });
  const answer = await client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').readResponse();
  await client.closed;
  return { answer, gateway };
}

const trusted = await makeCa();
const stranger = await makeCa();

/** A TLS upstream whose certificate names these, and the names it was asked for. */
async function startTls(t: Test, names: readonly string[]): Promise<{ readonly port: number; readonly asked: string[]; readonly protocols: unknown[] }> {
  const asked: string[] = [];
  const protocols: unknown[] = [];
  const options: tls.TlsOptions = {
    ...(await makePair(trusted, names)),
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => {
      asked.push(name);
      done(null);
    },
  };
  const server = tls.createServer(options, (socket) => {
    protocols.push(socket.alpnProtocol);
    answerWith(OK)(socket);
  });
  const upstream = await startRawUpstream((socket) => void server.emit('connection', socket));
  t.teardown(async () => upstream.close());
  return { port: upstream.port, asked, protocols };
}

await t.test('an upstream over TLS is verified: its authority and its name', async (t) => {
  const cases: readonly (readonly [what: string, names: readonly string[], host: string, keys: string, ca: string, status: number])[] = [
    ['all is right', ['localhost'], 'localhost', `tls: { ca: ${CA_FILE} }`, trusted.cert, 200],
    ['an address is verified too', ['127.0.0.1'], '127.0.0.1', `tls: { ca: ${CA_FILE} }`, trusted.cert, 200],
    ['a name of its own', ['billing.example'], '127.0.0.1', `tls: { ca: ${CA_FILE}, serverName: billing.example }`, trusted.cert, 200],
    ['the wrong name', ['other.example'], 'localhost', `tls: { ca: ${CA_FILE} }`, trusted.cert, 502],
    ['the wrong address', ['localhost'], '127.0.0.1', `tls: { ca: ${CA_FILE} }`, trusted.cert, 502],
    ['the name of the target is not that of serverName', ['localhost'], 'localhost', `tls: { ca: ${CA_FILE}, serverName: billing.example }`, trusted.cert, 502],
    ['an authority nobody named', ['localhost'], 'localhost', '', trusted.cert, 502],
    ['another authority', ['localhost'], 'localhost', `tls: { ca: ${CA_FILE} }`, stranger.cert, 502],
    ['not verified because the file says so', ['other.example'], 'localhost', 'tls: { verify: false }', stranger.cert, 200],
  ];
  for (const [what, names, host, keys, ca, status] of cases) {
    const { port, protocols } = await startTls(t, names);
    const { answer, gateway } = await get(t, `https://${host}:${port}`, keys, ca);
    t.equal(answer.status, status, what);
    t.match(gateway.ended[0], { errorCode: status === 200 ? '' : 'upstream_tls_failed', attempts: 1 }, what);
    if (status === 200) t.strictSame(protocols, ['http/1.1'], 'by ALPN');
  }
});

await t.test('the name asked for is the target, or serverName, and never an address', async (t) => {
  const cases = [
    ['localhost', 'tls: { verify: false }', ['localhost']],
    ['127.0.0.1', 'tls: { verify: false }', []],
    ['127.0.0.1', 'tls: { verify: false, serverName: billing.example }', ['billing.example']],
  ] as const;
  for (const [host, keys, expected] of cases) {
    const { port, asked } = await startTls(t, ['localhost']);
    await get(t, `https://${host}:${port}`, keys, trusted.cert);
    t.strictSame(asked, expected);
  }
});

await t.test('an upstream that is no TLS server, or lets the handshake down, is an error at once', async (t) => {
  const hello = 'HTTP/1.1 400 This is plain HTTP\r\nContent-Length: 0\r\n\r\n';
  const peers: readonly (readonly [what: string, act: (socket: net.Socket) => void, code: string, status: number])[] = [
    ['answers in plain HTTP', (socket) => socket.once('data', () => socket.write(hello)), 'upstream_tls_failed', 502],
    ['ends within the handshake', (socket) => socket.once('data', () => socket.end()), 'upstream_connect_failed', 503],
    ['ends at once', (socket) => socket.resume().end(), 'upstream_connect_failed', 503],
    ['resets within the handshake', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'upstream_connect_failed', 503],
  ];
  for (const [what, act, errorCode, status] of peers) {
    const upstream = await startRawUpstream(act);
    t.teardown(async () => upstream.close());
    const { answer, gateway } = await get(t, `https://localhost:${upstream.port}`, 'tls: { verify: false }', '');
    t.match([answer.status, gateway.ended[0]?.errorCode], [status, errorCode], what);
    await eventually(() => upstream.open === 0);
  }
});

await t.test('TLS below 1.2 is not spoken', async (t) => {
  const pair = await makePair(trusted, ['localhost']);
  const upstream = await startScriptedTlsUpstream(t, { ...pair, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
  const { answer, gateway } = await get(t, `https://localhost:${upstream.port}`, 'tls: { verify: false }', '');
  t.equal(answer.status, 502);
  t.equal(gateway.ended[0]?.errorCode, 'upstream_tls_failed');
});

await t.test('a unix socket is a target like any other, and a missing one is refused', async (t) => {
  const path = join(tempDir(t), 'app.sock');
  const missing = await get(t, `unix:${path}`, '', '');
  t.equal(missing.answer.status, 503);
  t.match(missing.gateway.ended[0], { errorCode: 'upstream_connect_failed', target: `unix:${path}` });
  const upstream = await startHttpUpstream((request, response) => void response.end(request.headers.host), { path });
  t.teardown(async () => upstream.close());
  t.match((await get(t, `unix:${path}`, '', '')).answer, { status: 200, text: 'a' });
});

await t.test('a name that has no address stops no start, and its upstream has nobody', async (t) => {
  const { answer, gateway } = await get(t, 'nowhere.invalid:80', '', '');
  t.match(answer, { status: 503, headers: { 'retry-after': '1' } });
  t.match(gateway.ended[0], { errorCode: 'no_healthy_target', errorDetail: /upstream api has no available member/, attempts: 0 });
});

await t.test('a host with several addresses is reached at the one that listens', async (t) => {
  const server = net.createServer((socket) => socket.end(OK)).listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  t.equal((await get(t, `localhost:${port}`, '', '')).answer.status, 200);
});

await t.test('errors of TLS are told from errors of the network', async (t) => {
  for (const code of ['ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']) {
    t.equal(isTlsError(Object.assign(new Error(code), { code })), true, code);
  }
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EHOSTUNREACH', 'ENOENT']) {
    t.equal(isTlsError(Object.assign(new Error(code), { code })), false, code);
  }
  t.equal(isTlsError(new Error('without a code')), false);
});
