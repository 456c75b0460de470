import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { HeaderKind, headerKind } from '../../src/exchange/header-kinds.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

await t.test('hop-by-hop headers and what only we may say are dropped, in any case', async (t) => {
  const names = ['Keep-Alive', 'Proxy', 'PROXY-CONNECTION', 'Proxy-Authorization', 'http2-settings', 'Trailer', 'X-Forwarded-Prefix', 'x-real-ip', 'X-Client-IP', 'X-Original-URL', 'x-rewrite-url', 'X-Forwarded-Ssl', 'X-Forwarded-Scheme', 'X-Forwarded-By', 'X-Forwarded-Server', 'X-Client-Verify', 'X-Client-Cert-Subject', 'X-Client-Cert-San', 'X-Client-Cert-Fingerprint'];
  for (const name of names) for (const written of [name, name.toLowerCase(), name.toUpperCase()]) t.equal(headerKind(written), HeaderKind.Drop, written);
});

await t.test('what is looked at is known in any case', async (t) => {
  const kinds: readonly (readonly [string, HeaderKind])[] = [
    ['Host', HeaderKind.Host], ['CONTENT-LENGTH', HeaderKind.ContentLength], ['transfer-encoding', HeaderKind.TransferEncoding],
    ['Connection', HeaderKind.Connection], ['uPGRADE', HeaderKind.Upgrade], ['Expect', HeaderKind.Expect], ['X-Forwarded-For', HeaderKind.ForwardedFor],
    ['Forwarded', HeaderKind.Forwarded], ['Via', HeaderKind.Via], ['X-Request-ID', HeaderKind.RequestId], ['Cookie', HeaderKind.Cookie],
    ['TE', HeaderKind.Te], ['Authorization', HeaderKind.Authorization], ['Accept', HeaderKind.Accept],
  ];
  for (const [name, kind] of kinds) t.equal(headerKind(name), kind, name);
});

await t.test('an alias with underscores, which CGI and WSGI cannot tell from ours, is dropped', async (t) => {
  const aliases = ['X_Forwarded_For', 'x_forwarded-for', 'X-Forwarded_Proto', 'x_real_ip', 'Content_Length', 'Transfer_Encoding', 'X_Client_Verify', 'X-Client_Cert-Subject', 'x_client_cert_san', 'X_CLIENT_CERT_FINGERPRINT', 'X_Request_Id'];
  for (const name of aliases) t.equal(headerKind(name), HeaderKind.Drop, name);
});

await t.test('threat: so is one with a dot, which PHP takes for `_`, or with any other mark', async (t) => {
  for (const name of ['X.Forwarded.For', 'x-forwarded.proto', 'X~Real~IP', 'X.Client.Verify', 'Transfer.Encoding']) t.equal(headerKind(name), HeaderKind.Drop, name);
});

await t.test('everything else is carried', async (t) => {
  for (const name of ['X-Custom', 'x_custom', 'Accept-Encoding', 'Content-Type', 'X-Forwarded', 'XForwardedFor', 'constructor', '__proto__', ':path']) {
    t.equal(headerKind(name), HeaderKind.Carry, name);
  }
});

await t.test('threat: long made-up names are not kept in memory', async (t) => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 1000; i += 1) headerKind(Buffer.from(`x${i}`.padEnd(20_000, 'a')).toString('latin1'));
  collectGarbage();
  t.ok(process.memoryUsage().heapUsed - before < 5_000_000, 'of 20 MB');
});

await t.test('a flood of made-up names changes no verdict, before or after', async (t) => {
  t.equal(headerKind('X-Early'), HeaderKind.Carry);
  const flood = Array.from({ length: 5000 }, (_, i) => headerKind(`X-Flood-${i}`));
  t.ok(flood.every((kind) => kind === HeaderKind.Carry));
  t.strictSame(['X-Early', 'X-FORWARDED-for', 'x_Real_IP', 'HOST', 'X-Late'].map(headerKind), [
    HeaderKind.Carry, HeaderKind.ForwardedFor, HeaderKind.Drop, HeaderKind.Host, HeaderKind.Carry,
  ]);
});
