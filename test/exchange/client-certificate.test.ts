import t from 'tap';
import { clientCertificateHeaders, type ClientCertificate } from '../../src/exchange/client-certificate.ts';

const MEMBER: ClientCertificate = {
  rule: 'r', verdict: 'SUCCESS', fault: '', subject: 'CN=a', san: 'DNS:a.example', fingerprint: 'ab', notAfterMs: Infinity,
};

await t.test('an upstream is told who the client is', async (t) => {
  t.strictSame(clientCertificateHeaders(MEMBER), ['X-Client-Verify', 'SUCCESS', 'X-Client-Cert-Subject', 'CN=a', 'X-Client-Cert-San', 'DNS:a.example', 'X-Client-Cert-Fingerprint', 'ab']);
});

await t.test('what there is not is left out, not sent empty', async (t) => {
  t.strictSame(clientCertificateHeaders({ ...MEMBER, subject: '', san: '' }), ['X-Client-Verify', 'SUCCESS', 'X-Client-Cert-Fingerprint', 'ab']);
});

await t.test('of a client that has shown nothing, or nothing that counts, only that is said', async (t) => {
  t.strictSame(clientCertificateHeaders(null), ['X-Client-Verify', 'NONE']);
  t.strictSame(clientCertificateHeaders({ ...MEMBER, verdict: 'NONE' }), ['X-Client-Verify', 'NONE']);
  t.strictSame(clientCertificateHeaders({ ...MEMBER, verdict: 'FAILED' }), ['X-Client-Verify', 'FAILED']);
});
