import t, { type Test } from 'tap';
import type { AcmeCa } from '../../../src/tls/acme/acme-types.ts';
import { AcmeClient, certificateRequest } from '../../../src/tls/acme/client.ts';
import { newKey } from '../../../src/tls/issue-certificate.ts';
import { loadX509Library } from '../../../src/tls/x509-library.ts';
import { problem, startAcmeServer } from '../../helpers/acme-server.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

async function openAt(t: Test, ca: AcmeCa, signal: AbortSignal = new AbortController().signal): Promise<AcmeClient> {
  const client = await AcmeClient.open({ ca, accountKey: newKey(), accountUrl: `${new URL(ca.directory).origin}/account/1`, clock: new ManualClock(), signal });
  t.teardown(() => client.close());
  return client;
}

await t.test('a 429 is an error at once, and not slept over for its Retry-After', async (t) => {
  const server = await startAcmeServer(t);
  const client = await openAt(t, server.ca);
  server.answerOnce('/order', problem('rateLimited', 'not now', 429, { 'retry-after': '86400' }));
  await t.rejects(client.post(`${server.url}/order/0`), { type: 'rateLimited', message: 'small: not now', retryAfterMs: 86_400_000 });
  t.equal(server.countOf('/order'), 1);
});

await t.test('an answer without end is not read to its end', async (t) => {
  const server = await startAcmeServer(t);
  const client = await openAt(t, server.ca);
  server.answerOnce('/cert', { status: 200, body: 'x'.repeat(2_000_000) });
  await t.rejects(client.get(`${server.url}/cert/0`), { name: 'AcmeError', message: /maxContentLength/ });
});

await t.test('what is under way ends with the signal, for its reason', async (t) => {
  const server = await startAcmeServer(t);
  const controller = new AbortController();
  const client = await openAt(t, server.ca, controller.signal);
  server.handle = async () => controller.abort(new Error('the deadline'));
  await t.rejects(client.get(`${server.url}/directory`), { message: 'the deadline' });
});

await t.test('a signed request is not sent on elsewhere; the directory may have moved', async (t) => {
  const server = await startAcmeServer(t);
  const client = await openAt(t, { ...server.ca, directory: `${server.url}/old` });
  server.answerOnce('/old', { status: 301, headers: { location: '/directory' }, body: '' });
  t.equal(await client.resource('newOrder'), `${server.url}/newOrder`);
  t.equal(await client.resource('newAuthz'), null);
  server.answerOnce('/order', { status: 307, headers: { location: '/elsewhere' }, body: '' });
  await client.post(`${server.url}/order/0`);
  t.equal(server.countOf('/elsewhere'), 0);
});

await t.test('a key authorization is token and thumbprint (RFC 8555, 8.1)', async (t) => {
  const server = await startAcmeServer(t);
  t.match(await (await openAt(t, server.ca)).keyAuthorization('token'), /^token\.[\w-]{43}$/);
});

await t.test('an account without an address is an error', async (t) => {
  const server = await startAcmeServer(t);
  server.answerOnce('/newAccount', { status: 201, body: {} });
  await t.rejects((await openAt(t, server.ca)).register([]), { message: /did not say where/ });
});

await t.test('a request names all hosts; the first short one is the common name', async (t) => {
  const x509 = await loadX509Library();
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example.com`;
  const key = newKey();
  const request = new x509.Pkcs10CertificateRequest(Buffer.from(await certificateRequest([long, 'b.example.com'], key), 'base64url'));
  t.equal(request.subject, 'CN=b.example.com');
  const names = new x509.SubjectAlternativeNameExtension(request.getExtension('2.5.29.17')?.rawData ?? new ArrayBuffer());
  t.strictSame(names.names.items.map(({ value }) => value), [long, 'b.example.com']);
  t.ok(await request.verify());
  const nameless = new x509.Pkcs10CertificateRequest(Buffer.from(await certificateRequest([long], key), 'base64url'));
  t.equal(nameless.subject, '');
});
