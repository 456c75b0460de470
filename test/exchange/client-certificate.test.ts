import t from 'tap';
import { clientCertificateLines, type ClientCertificate } from '../../src/exchange/client-certificate.ts';

const MEMBER: ClientCertificate = {
  rule: 'r', verdict: 'SUCCESS', fault: '', subject: 'CN=a', san: 'DNS:a.example', fingerprint: 'ab', notAfterMs: Infinity,
};

await t.test('an upstream is told who the client is', async (t) => {
  t.equal(clientCertificateLines(MEMBER), 'X-Client-Verify: SUCCESS\r\nX-Client-Cert-Subject: CN=a\r\nX-Client-Cert-San: DNS:a.example\r\nX-Client-Cert-Fingerprint: ab\r\n');
});

await t.test('what there is not is left out, not sent empty', async (t) => {
  t.equal(clientCertificateLines({ ...MEMBER, subject: '', san: '' }), 'X-Client-Verify: SUCCESS\r\nX-Client-Cert-Fingerprint: ab\r\n');
});

await t.test('of a client that has shown nothing, or nothing that counts, only that is said', async (t) => {
  t.equal(clientCertificateLines(null), 'X-Client-Verify: NONE\r\n');
  t.equal(clientCertificateLines({ ...MEMBER, verdict: 'NONE' }), 'X-Client-Verify: NONE\r\n');
  t.equal(clientCertificateLines({ ...MEMBER, verdict: 'FAILED' }), 'X-Client-Verify: FAILED\r\n');
});
