import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { connectionErrorWords, createCheckDialer } from '../../src/balance/check-dialer.ts';
import type { MemberSpec } from '../../src/balance/member.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { refusingPort, startScriptedTlsUpstream } from '../helpers/scripted-upstream.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const TLS = { verify: true, ca: null, serverName: null };

function memberAt(host: string, port: number, secure: boolean): MemberSpec {
  const target = { name: host, secure, host, port, path: null, srv: false, weight: 1, backup: false };
  return { key: host, target, address: '127.0.0.1', port, slot: 2 };
}

await t.test('the address is dialled, not the name, and another port where one is given', async (t) => {
  const upstream = await startHttpUpstream((_request, response) => void response.end());
  t.teardown(async () => upstream.close());
  for (const [port, instead] of [[upstream.port, null], [1, upstream.port]] as const) {
    const socket = createCheckDialer(memberAt('nowhere.invalid', port, false), TLS, instead)();
    await once(socket, 'connect');
    t.equal(socket.remotePort, upstream.port);
    socket.destroy();
  }
});

await t.test('over TLS the name is asked for and verified, whatever the address is', async (t) => {
  const ca = await makeCa();
  const upstream = await startScriptedTlsUpstream(t, { ...(await makePair(ca, ['api.example.com', 'other.example.com'])), ALPNProtocols: ['h2', 'http/1.1'] });
  const rightCa = { ...TLS, ca: ca.cert };
  for (const [host, options] of [
    ['api.example.com', rightCa],
    ['wrong.example.com', { ...rightCa, serverName: 'other.example.com' }],
    ['wrong.example.com', { ...TLS, verify: false }],
  ] as const) {
    const socket = createCheckDialer(memberAt(host, upstream.port, true), options, null)() as TLSSocket;
    await once(socket, 'secureConnect');
    t.equal(socket.alpnProtocol, 'http/1.1');
    socket.destroy();
  }
  for (const [host, options] of [['wrong.example.com', rightCa], ['api.example.com', TLS]] as const) {
    const socket = createCheckDialer(memberAt(host, upstream.port, true), options, null)();
    const [error] = (await once(socket, 'error')) as [Error];
    t.match(connectionErrorWords(error), /altname|issuer|certificate/i);
  }
});

await t.test('errors have words people know, and else their own', async (t) => {
  const socket = createCheckDialer(memberAt('a', await refusingPort(), false), TLS, null)();
  const [error] = (await once(socket, 'error')) as [Error];
  t.equal(connectionErrorWords(error), 'connection refused');
  t.equal(connectionErrorWords(new Error('odd')), 'odd');
  t.equal(connectionErrorWords(Object.assign(new Error(''), { code: 'EODD' })), 'EODD');
});
