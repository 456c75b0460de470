import { X509Certificate } from 'node:crypto';
import { assert, domain, oneof, property, string } from 'fast-check';
import t from 'tap';
import { isCovered, namesOf, normalizeName, wildcardOf } from '../../src/tls/server-name.ts';
import { makeCa, makePair } from '../helpers/certificates.ts';

await t.test('one host has one spelling', async (t) => {
  const cases: readonly (readonly [host: string, name: string])[] = [
    ['app.example.com', 'app.example.com'],
    ['APP.Example.COM.', 'app.example.com'],
    ['*.Example.com', '*.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['[::1]', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['.', ''],
    ['', ''],
    ['a b', ''],
    ['a\0b', ''],
    ['a'.repeat(254), ''],
    ['a'.repeat(100_000), ''],
  ];
  for (const [host, name] of cases) t.equal(normalizeName(host), name, JSON.stringify(host.slice(0, 40)));
});

await t.test('any text is either no name or a name that stays the same', async (t) => {
  assert(
    property(oneof(string({ unit: 'binary', maxLength: 300 }), domain()), (text) => {
      const name = normalizeName(text);
      return name.length <= 253 && name === name.toLowerCase();
    }),
  );
  t.pass('for 100 texts');
});

await t.test('a wildcard reaches one label, no more and no less (RFC 6125)', async (t) => {
  const names = new Set(['*.example.com', 'exact.test', '10.0.0.1', '*.0.0.2']);
  const covered = ['a.example.com', 'exact.test', '10.0.0.1', '*.example.com'];
  const strangers = ['example.com', 'a.b.example.com', '.example.com', 'a.exact.test', '10.0.0.2', 'com', ''];
  for (const name of covered) t.ok(isCovered(name, names), name);
  for (const name of strangers) t.notOk(isCovered(name, names), name);
  t.equal(wildcardOf('localhost'), '');
});

await t.test('reads the names of a certificate, and is not fooled by one that holds a comma', async (t) => {
  const { cert } = await makePair(await makeCa(), ['a.example', '*.b.example', '10.0.0.1', '::1', 'evil.example, DNS:bank.example']);
  const names = namesOf(new X509Certificate(cert).subjectAltName);
  t.strictSame(names.slice(0, 4), ['a.example', '*.b.example', '10.0.0.1', '::1']);
  t.notOk(names.includes('bank.example'));
  t.strictSame(namesOf(undefined), []);
});
