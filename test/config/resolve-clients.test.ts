import t from 'tap';
import { ClientCa } from '../helpers/client-certificates.ts';
import { checkBroken, configOf, loadText } from '../helpers/config-text.ts';

const ca = await ClientCa.make();
const crl = await ca.crl(['0b']);
const files = { '/etc/sluice/ca.pem': ca.cert, '/etc/sluice/list.pem': crl, '/etc/sluice/empty.pem': '', '/etc/sluice/cut.pem': ca.cert.slice(0, 200), '/etc/sluice/both.pem': `${ca.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----` };
const LISTEN = 'listen: { https: 443 }\n';

await t.test('every option gets where it belongs, the files as they are', async (t) => {
  const { tls } = configOf(`${LISTEN}tls: { clients: [{ hosts: [A.test, "*.b.test"], ca: ca.pem, crl: list.pem, mode: request, headers: true }] }`, { files });
  t.strictSame(tls.clients, [{ hosts: ['a.test', '*.b.test'], mode: 'request', caFile: '/etc/sluice/ca.pem', ca: ca.cert, crl, headers: true }]);
  const short = configOf(`${LISTEN}tls: { clients: [{ hosts: a.test, ca: "file:./ca.pem" }] }`, { files }).tls.clients;
  t.match(short, [{ hosts: ['a.test'], mode: 'require', caFile: '', crl: null, headers: false }]);
  t.equal(short[0]?.ca.trim(), ca.cert.trim(), 'a secret file stands for its content');
});

await t.test('threat: an authority that cannot be read leaves nothing open, but is an error (CVE-2026-27586)', async (t) => {
  const broken = ['none.pem', 'empty.pem', 'cut.pem', 'both.pem', 'list.pem'];
  checkBroken(t, broken.map((file) => [`${LISTEN}tls: { clients: [{ hosts: a.test, ca: »${file} }] }`, file === 'none.pem' ? 'there is no such file' : 'no valid PEM certificate'] as const), { files });
});

await t.test('a revocation list that is none is an error', async (t) => {
  checkBroken(t, [
    [`${LISTEN}tls: { clients: [{ hosts: a.test, ca: ca.pem, crl: »none.pem }] }`, 'there is no such file'],
    [`${LISTEN}tls: { clients: [{ hosts: a.test, ca: ca.pem, crl: »empty.pem }] }`, 'no valid PEM revocation list', 'BEGIN X509 CRL'],
    [`${LISTEN}tls: { clients: [{ hosts: a.test, ca: ca.pem, crl: »ca.pem }] }`, 'no valid PEM revocation list'],
  ], { files });
});

await t.test('a host under two rules, and rules without HTTPS, are errors', async (t) => {
  checkBroken(t, [
    [`${LISTEN}tls: { clients: [{ hosts: [a.test, b.test], ca: ca.pem }, { hosts: »B.test, ca: ca.pem }] }`, 'client certificates twice', 'line 2'],
    ['tls: { »clients: [{ hosts: a.test, ca: ca.pem }] }', '`listen` has no `https`'],
  ], { files });
});

function warned(host: string, routes: string): unknown {
  return loadText(`${LISTEN}tls: { clients: [{ hosts: "${host}", ca: ca.pem }] }\nroutes: [${routes}]`, { files }).warnings;
}

await t.test('a host that no route has is warned of: it would be open where it was meant to be closed', async (t) => {
  const route = '{ host: internal.acme-inc.com, respond: {} }';
  t.match(warned('intrenal.acme-inc.com', route), [{ line: 2, column: 27, message: 'no route has the host `intrenal.acme-inc.com`, so nobody is asked for a certificate', hint: 'Did you mean `internal.acme-inc.com`?' }]);
  for (const [host, routes] of [
    ['internal.acme-inc.com', route], ['*.acme-inc.com', route], ['a.b.acme-inc.com', '{ host: "*.acme-inc.com", respond: {} }'], ['x.test', '{ respond: {} }'],
  ] as const) t.strictSame(warned(host, routes), [], host);
});
