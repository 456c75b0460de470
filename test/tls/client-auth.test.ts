import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { ClientRules } from '../../src/request/client-rules.ts';
import { clientAuthOptions, clientCertificateOf } from '../../src/tls/client-auth.ts';
import { ClientCa } from '../helpers/client-certificates.ts';

const ca = await ClientCa.make();
const [rule] = new ClientRules([ca.rule(['a.test'])]).list;
if (rule === undefined) throw new Error('no rule');
const given = rule;

async function shown(options: Parameters<ClientCa['client']>[1], authorized = true): Promise<ReturnType<typeof clientCertificateOf>> {
  const certificate = new X509Certificate((await ca.client('me', options)).cert);
  return clientCertificateOf({ authorized, authorizationError: authorized ? null as never : 'CERT_HAS_EXPIRED' as never, getPeerX509Certificate: () => certificate }, given);
}

await t.test('threat: a session without a certificate is none, whatever OpenSSL says of it', async (t) => {
  const client = clientCertificateOf({ authorized: true, authorizationError: null as never, getPeerX509Certificate: () => undefined }, given);
  t.match(client, { rule: given.key, verdict: 'NONE', subject: '', san: '', fingerprint: '' });
});

await t.test('a valid one is described, the subject as RFC 4514 writes it', async (t) => {
  const client = await shown({ subject: [{ C: 'DE' }, { O: 'Acme, Inc.' }, { CN: 'alice' }], san: [{ type: 'email', value: 'alice@acme.example' }, { type: 'url', value: 'spiffe://acme/alice' }] });
  t.match(client, { verdict: 'SUCCESS', fault: '', subject: 'CN=alice,O=Acme\\, Inc.,C=DE', san: 'email:alice@acme.example, URI:spiffe://acme/alice', fingerprint: /^[0-9a-f]{64}$/ });
  t.ok(client.notAfterMs > Date.now());
});

await t.test('what is wrong with one is named', async (t) => {
  t.match(await shown({}, false), { verdict: 'FAILED', fault: 'CERT_HAS_EXPIRED' });
});

await t.test('threat: line breaks and letters beyond ASCII in a name cannot become a header', async (t) => {
  const { subject } = await shown({ subject: [{ CN: 'J\u00f6rg\r\nX-Admin: 1' }] });
  t.equal(subject, 'CN=J\\C3\\B6rg\\0D\\0AX-Admin: 1');
});

await t.test('threat: a name too long for a header is left out, not cut off to become another one', async (t) => {
  const san = Array.from({ length: 200 }, (_, index) => ({ type: 'dns' as const, value: `host-${index}.acme.example` }));
  t.equal((await shown({ san })).san, '');
});

await t.test('a context trusts this authority alone, and has sessions of its own', async (t) => {
  t.strictSame(clientAuthOptions(given), { ca: ca.cert, sessionIdContext: given.key });
  t.strictSame(clientAuthOptions({ ...given, crl: 'LIST' }).crl, 'LIST');
});
