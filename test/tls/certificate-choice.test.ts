import t from 'tap';
import { CertificateChoice } from '../../src/tls/certificate-choice.ts';
import { makeCa, makeEntry } from '../helpers/certificates.ts';

const ca = await makeCa();
const [local, app, wildcard, appRsa] = await Promise.all([
  makeEntry(ca, ['localhost', '127.0.0.1']),
  makeEntry(ca, ['app.example.com', 'www.example.com']),
  makeEntry(ca, ['*.example.com']),
  makeEntry(ca, ['app.example.com'], { keyType: 'rsa' }),
]);

function offering(...algorithms: string[]): { getSharedSigalgs(): string[] } {
  return { getSharedSigalgs: () => algorithms };
}

await t.test('exact name before wildcard before default', async (t) => {
  const choice = new CertificateChoice([local, app, wildcard]);
  const standard = choice.choose(undefined);
  const exact = choice.choose('app.example.com');
  const starred = choice.choose('other.example.com');
  t.equal(new Set([standard, exact, starred]).size, 3);
  t.equal(choice.choose('App.Example.Com.'), exact);
  t.equal(choice.choose('www.example.com'), exact, 'one context for a certificate, however many names');
  t.equal(choice.choose('localhost'), standard);
  for (const stranger of ['example.com', 'a.b.example.com', 'stranger.test', '127.0.0.2']) t.equal(choice.choose(stranger), standard, stranger);
  t.strictSame([...choice.names], ['localhost', '127.0.0.1', 'app.example.com', 'www.example.com', '*.example.com']);
});

await t.test('takes what no client should send', async (t) => {
  const choice = new CertificateChoice([local, app, wildcard]);
  const standard = choice.choose(undefined);
  const odd = ['', '.', '..', '*', '.example.com', '__proto__', 'constructor', 'a\0.example.com', '\uD800.example.com', 'a'.repeat(100_000)];
  for (const name of odd) t.equal(choice.choose(name), standard, JSON.stringify(name.slice(0, 20)));
});

await t.test('of several key types the client gets the first it can verify', async (t) => {
  const choice = new CertificateChoice([local, appRsa, app]);
  const ec = choice.choose('app.example.com');
  const rsa = choice.choose('app.example.com', offering('RSA-PSS+SHA256'));
  t.not(rsa, ec);
  t.equal(choice.choose('app.example.com', offering('RSA+SHA256')), rsa);
  t.equal(choice.choose('app.example.com', offering('RSA+SHA256', 'ECDSA+SHA256')), ec, 'ECDSA costs the server less');
  t.equal(choice.choose('app.example.com', offering()), ec);
  t.equal(choice.choose('www.example.com', offering('RSA+SHA256')), ec, 'where there is only one, it is that');
});

await t.test('the default certificate is there in each key type, and nothing of other names', async (t) => {
  t.strictSame(new CertificateChoice([appRsa, local, app, wildcard]).serverOptions.cert, [appRsa.cert, app.cert]);
  t.strictSame(new CertificateChoice([local, app, appRsa]).serverOptions.cert, [local.cert]);
});

await t.test('of two certificates of one type for a name the first one counts', async (t) => {
  const second = await makeEntry(ca, ['app.example.com', 'only.test']);
  const choice = new CertificateChoice([local, app, second]);
  t.equal(choice.choose('app.example.com'), choice.choose('www.example.com'));
  t.not(choice.choose('only.test'), choice.choose('app.example.com'));
});

await t.test('a certificate without names can be the default, and no certificate is an error', async (t) => {
  t.ok(new CertificateChoice([{ ...local, names: [] }]).choose('app.example.com'));
  t.throws(() => new CertificateChoice([]), { message: 'there is no certificate' });
});

await t.test('contexts of certificates that stay are used again', async (t) => {
  const [kept, gone, come] = [await makeEntry(ca, ['a.test']), await makeEntry(ca, ['b.test']), await makeEntry(ca, ['b.test'])];
  const former = new CertificateChoice([kept, gone]);
  const next = new CertificateChoice([structuredClone(kept), come], {}, former);
  t.equal(next.choose('a.test'), former.choose('a.test'));
  t.not(next.choose('b.test'), former.choose('b.test'));
});
