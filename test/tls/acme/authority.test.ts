import { createPrivateKey, X509Certificate } from 'node:crypto';
import t from 'tap';
import { createAuthority } from '../../../src/tls/acme/authority.ts';
import { RecordingLogger } from '../../helpers/certificates.ts';
import { MemoryAcmeStore, RecordingResponder } from '../../helpers/acme-memory.ts';
import { problem, startAcmeServer, whileTimePasses } from '../../helpers/acme-server.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { freePort } from '../../helpers/worker-plan.ts';

type Services = Parameters<typeof createAuthority>[1];

function servicesOf(overrides: Partial<Services> = {}): Services & { clock: ManualClock; store: MemoryAcmeStore; logger: RecordingLogger } {
  return { keyType: 'p256', email: null, ...overrides, clock: new ManualClock(), store: new MemoryAcmeStore(), logger: new RecordingLogger() };
}

await t.test('an order with valid authorizations needs no proof, and ends with chain and key', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf({ email: 'ops@example.com' });
  const responder = new RecordingResponder();
  const { cert, key } = await createAuthority(server.ca, services).order(['a.example.com', 'b.example.com'], responder, null);
  t.equal(new X509Certificate(cert).subjectAltName, 'DNS:a.example.com, DNS:b.example.com');
  t.match(cert, /END CERTIFICATE-----\s+-----BEGIN CERTIFICATE/, 'the chain, not the leaf alone');
  t.match(key, /^-----BEGIN PRIVATE KEY-----/);
  t.strictSame(responder.presented, []);
  t.match(server.requests[0]?.payload, { termsOfServiceAgreed: true, contact: ['mailto:ops@example.com'] });
  t.equal(services.clock.tickers, 0, 'nothing goes on ticking');
});

await t.test('keys are of the type that was asked for, and the certificate is for that key', async (t) => {
  const server = await startAcmeServer(t);
  for (const [keyType, details] of [
    ['p256', { namedCurve: 'prime256v1' }],
    ['p384', { namedCurve: 'secp384r1' }],
    ['rsa2048', { modulusLength: 2048 }],
  ] as const) {
    const { cert, key } = await createAuthority(server.ca, servicesOf({ keyType })).order(['a.example.com'], new RecordingResponder(), null);
    t.match(createPrivateKey(key).asymmetricKeyDetails, details);
    t.ok(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)), keyType);
  }
});

await t.test('one account: made once, used by later orders and later starts, made anew where the CA has forgotten it', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf();
  const authority = createAuthority(server.ca, services);
  const responder = new RecordingResponder();
  await Promise.all([authority.order(['a.example.com'], responder, null), authority.order(['b.example.com'], responder, null)]);
  t.equal(server.countOf('/newAccount'), 1, 'two orders at once register once');
  await createAuthority(server.ca, services).order(['c.example.com'], responder, null);
  t.equal(server.countOf('/newAccount'), 1);
  server.answerOnce('/newOrder', problem('accountDoesNotExist', 'who are you', 400));
  await authority.order(['d.example.com'], responder, null);
  t.equal(server.countOf('/newAccount'), 2);
  t.strictSame(services.logger.warnings, ['the CA no longer knows our account; a new one is registered']);
});

await t.test('a slow order is looked at after its Retry-After, until it is valid', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf();
  server.processing = 5;
  server.retryAfter = '20';
  await whileTimePasses(services.clock, createAuthority(server.ca, services).order(['a.example.com'], new RecordingResponder(), null));
  const waitedMs = services.clock.monotonicMs();
  t.ok(waitedMs >= 80_000 && waitedMs < 81_000, `waited ${waitedMs} ms`);
});

await t.test('an order stuck in processing ends with its deadline, in words', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf({ orderTimeoutMs: 60_000 });
  server.processing = Infinity;
  const order = createAuthority(server.ca, services).order(['a.example.com'], new RecordingResponder(), null);
  await t.rejects(whileTimePasses(services.clock, order), { name: 'AcmeError', type: 'timeout', message: 'small: the order for a.example.com was not done within 60 s' });
  t.equal(services.clock.tickers, 0);
});

await t.test('a rate limit keeps type, words and Retry-After, as seconds and as a date by the CA\'s clock', async (t) => {
  const server = await startAcmeServer(t);
  const authority = createAuthority(server.ca, servicesOf());
  server.answerOnce('/newOrder', problem('rateLimited', 'too many certificates', 429, { 'retry-after': '7200' }));
  await t.rejects(authority.order(['a.example.com'], new RecordingResponder(), null), { type: 'rateLimited', message: 'small: too many certificates', retryAfterMs: 7_200_000 });
  const dates = { date: 'Fri, 01 Jan 2021 00:00:00 GMT', 'retry-after': 'Fri, 01 Jan 2021 03:00:00 GMT' };
  server.answerOnce('/newOrder', problem('rateLimited', 'too many certificates', 429, dates));
  await t.rejects(authority.order(['a.example.com'], new RecordingResponder(), null), { name: 'AcmeError', type: 'rateLimited', retryAfterMs: 3 * 3_600_000 });
});

await t.test('sub-problems are told with their hosts', async (t) => {
  const server = await startAcmeServer(t);
  const subproblems = [{ type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it', identifier: { type: 'dns', value: 'b.example.com' } }];
  server.answerOnce('/newOrder', { status: 403, body: { type: 'urn:ietf:params:acme:error:rejectedIdentifier', detail: 'not these', subproblems } });
  const order = createAuthority(server.ca, servicesOf()).order(['a.example.com', 'b.example.com'], new RecordingResponder(), null);
  await t.rejects(order, { type: 'rejectedIdentifier', message: 'small: not these; b.example.com: CAA forbids it' });
});

await t.test('a proof that fails is followed by the next way in a new order; one that can have none is the error', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf();
  const responder = new RecordingResponder(['tls-alpn-01', 'http-01']);
  server.failing = new Set(['tls-alpn-01']);
  await createAuthority(server.ca, services).order(['a.example.com'], responder, null);
  t.strictSame(responder.presented, ['tls-alpn-01 a.example.com', 'http-01 a.example.com']);
  t.strictSame(responder.removed, responder.presented);
  server.failing = new Set(['tls-alpn-01', 'http-01']);
  const order = createAuthority(server.ca, services).order(['b.example.com'], responder, null);
  await t.rejects(order, { type: 'unauthorized', message: 'small: b.example.com (http-01): wrong answer by http-01' });
  t.equal(server.countOf('/newOrder'), 4);
  t.strictSame(responder.removed, responder.presented);
});

await t.test('a proof that cannot be put in place is never sent to the CA, and is taken back', async (t) => {
  const server = await startAcmeServer(t);
  server.failing = new Set();
  const responder = new RecordingResponder();
  responder.failure = new Error('disk full');
  const order = createAuthority(server.ca, servicesOf()).order(['a.example.com'], responder, null);
  await t.rejects(order, { message: 'small: a.example.com (http-01): the proof could not be put in place: disk full' });
  t.equal(server.countOf('/chall'), 0);
  t.strictSame(responder.removed, ['http-01 a.example.com']);
});

await t.test('a CA that is out of reach, is broken or is none is an error with its reason', async (t) => {
  const gone = `http://127.0.0.1:${await freePort()}/directory`;
  const server = await startAcmeServer(t);
  const order = async (directory: string): Promise<unknown> =>
    createAuthority({ ...server.ca, directory }, servicesOf()).order(['a.example.com'], new RecordingResponder(), null);
  await t.rejects(order(gone), { type: 'network', message: /^small: .*ECONNREFUSED/ });
  server.answerOnce('/directory', { status: 200, body: { hello: 'there' } });
  await t.rejects(order(server.ca.directory), { message: `small: ${server.ca.directory} is no ACME directory` });
  server.answerOnce('/directory', { status: 503, body: '<html>', headers: { 'retry-after': '60' } });
  await t.rejects(order(server.ca.directory), { type: 'serverInternal', message: /status 503/, retryAfterMs: 60_000 });
  server.answerOnce('/cert', { status: 200, body: 'not a certificate' });
  await t.rejects(order(server.ca.directory), { message: /what it sent as a certificate is none/ });
});

await t.test('a nonce that is refused is tried again, and not for ever', async (t) => {
  const server = await startAcmeServer(t);
  const refusals = async (count: number): Promise<unknown> => {
    for (let index = 0; index < count; index++) server.answerOnce('/newOrder', problem('badNonce', 'old nonce', 400));
    return createAuthority(server.ca, servicesOf()).order(['a.example.com'], new RecordingResponder(), null);
  };
  await t.resolves(refusals(20));
  await t.rejects(refusals(26), { type: 'badNonce', message: 'small: old nonce' });
});

await t.test('a store that is out of reach is an error before the CA is asked', async (t) => {
  const server = await startAcmeServer(t);
  const services = servicesOf();
  services.store.broken = new Error('redis is gone');
  await t.rejects(createAuthority(server.ca, services).order(['a.example.com'], new RecordingResponder(), null), { name: 'AcmeError', message: 'small: redis is gone' });
  t.strictSame(server.requests, []);
});
