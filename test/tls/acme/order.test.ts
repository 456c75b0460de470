import t, { type Test } from 'tap';
import type { IssuedCertificate } from '../../../src/tls/acme/acme-types.ts';
import { AcmeClient } from '../../../src/tls/acme/client.ts';
import { runOrder } from '../../../src/tls/acme/order.ts';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import { makeCa, makePair } from '../../helpers/certificates.ts';
import { RecordingResponder } from '../../helpers/acme-memory.ts';
import { startAcmeServer, whileTimePasses, type AcmeServer, type Reply } from '../../helpers/acme-server.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

async function order(t: Test, server: AcmeServer, names: readonly string[], responder = new RecordingResponder()): Promise<IssuedCertificate> {
  const clock = new ManualClock();
  const client = await AcmeClient.open({ ca: server.ca, accountKey: newKey(), accountUrl: `${server.url}/account/1`, clock, signal: new AbortController().signal });
  t.teardown(() => client.close());
  // The deadline of an order is the caller's; this ticker stands for it.
  const stop = clock.every(3_600_000, () => undefined);
  return whileTimePasses(clock, runOrder(client, { names, key: newKey(), responder, replaces: null, isTried: () => false })).finally(stop);
}

function authorization(status: string, types: readonly string[] = ['http-01']): Reply {
  return { status: 200, body: { status, identifier: { type: 'dns', value: 'a.test' }, challenges: types.map((type) => ({ type, token: 'token', url: '/chall' })) } };
}

await t.test('every host is proved by the way its responder prefers, and every proof is taken back', async (t) => {
  const server = await startAcmeServer(t);
  server.failing = new Set();
  const responder = new RecordingResponder(['dns-01', 'tls-alpn-01', 'http-01']);
  await order(t, server, ['a.test', 'b.test'], responder);
  t.strictSame(responder.presented, ['tls-alpn-01 a.test', 'tls-alpn-01 b.test'], 'dns-01 is not offered');
  t.strictSame(responder.removed, responder.presented);
});

await t.test('all that failed stands in one error, and no certificate is asked for', async (t) => {
  const server = await startAcmeServer(t);
  server.failing = new Set(['http-01']);
  await t.rejects(order(t, server, ['a.test', 'b.test']), {
    name: 'AcmeError', type: 'unauthorized',
    message: 'small: a.test (http-01): wrong answer by http-01; b.test (http-01): wrong answer by http-01',
    failed: [{ host: 'a.test', type: 'http-01' }, { host: 'b.test', type: 'http-01' }],
  });
  t.equal(server.countOf('/finalize'), 0);
});

await t.test('a proof nobody here can give, and an authorization that is over, end the order', async (t) => {
  const server = await startAcmeServer(t);
  server.answerOnce('/authz', authorization('pending', ['dns-01', 'dns-account-01']));
  await t.rejects(order(t, server, ['a.test']), { message: 'small: it wants a proof for a.test by dns-01, dns-account-01, and that cannot be given here' });
  server.answerOnce('/authz', authorization('revoked'));
  await t.rejects(order(t, server, ['a.test']), { message: 'small: the authorization of a.test is revoked' });
});

await t.test('a CA gets no proof for a host that was not ordered, nor for a token that is a path', async (t) => {
  const server = await startAcmeServer(t);
  const responder = new RecordingResponder();
  server.answerOnce('/authz', authorization('pending'));
  await t.rejects(order(t, server, ['b.test'], responder), { message: 'small: it wants a proof for a host that was not ordered' });
  const challenges = [{ type: 'http-01', token: '../../secret', url: '/chall' }];
  server.answerOnce('/authz', { status: 200, body: { status: 'pending', identifier: { type: 'dns', value: 'a.test' }, challenges } });
  await t.rejects(order(t, server, ['a.test'], responder), { message: 'small: the token of its challenge for a.test is none' });
  t.strictSame(responder.presented, []);
});

await t.test('an order that turns invalid is an error with the reason the CA gives', async (t) => {
  const server = await startAcmeServer(t);
  server.answerOnce('/order', { status: 200, body: { status: 'invalid', error: { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it' } } });
  await t.rejects(order(t, server, ['a.test']), { type: 'caa', message: 'small: CAA forbids it' });
  server.answerOnce('/order', { status: 200, body: {} });
  await t.rejects(order(t, server, ['a.test']), { message: 'small: the order is without a status' });
});

await t.test('a certificate for another key, or for other names, is not taken', async (t) => {
  const server = await startAcmeServer(t);
  const other = await makePair(await makeCa(), ['a.test']);
  server.answerOnce('/cert', { status: 200, body: other.cert });
  await t.rejects(order(t, server, ['a.test']), { message: /is none, or is not for the key it was ordered with/ });
  // What the CA leaves out of the order it leaves out of the certificate.
  server.answerOnce('/newOrder', { status: 201, headers: { location: `${server.url}/order/0` }, body: { status: 'ready', authorizations: [] } });
  await t.rejects(order(t, server, ['a.test', 'b.test']), { name: 'AcmeError', message: /^small: / });
});

await t.test('looks grow rarer where the CA names no time, and never come faster than twice a second', async (t) => {
  const server = await startAcmeServer(t);
  server.processing = 12;
  server.retryAfter = '0';
  await order(t, server, ['a.test']);
  const hasty = server.countOf('/order/');
  server.retryAfter = null;
  await order(t, server, ['a.test']);
  t.equal(server.countOf('/order/'), 2 * hasty, 'the same looks, at other times');
});
