import t from 'tap';
import type { ClientCertificateConfig } from '../../src/config/tls-config.ts';
import type { ClientCertificate } from '../../src/exchange/client-certificate.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { ClientRules } from '../../src/request/client-rules.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

function config(hosts: readonly string[], options: Partial<ClientCertificateConfig> = {}): ClientCertificateConfig {
  return { hosts, mode: 'require', caFile: '/ca.pem', ca: 'CA', crl: null, headers: false, ...options };
}

const rules = new ClientRules([
  config(['a.test', '[::1]', '10.0.0.1']),
  config(['*.a.test'], { ca: 'OTHER' }),
  config(['*.deep.a.test', 'open.test'], { mode: 'request', headers: true }),
]);

function exchangeFor(host: string, client: Partial<ClientCertificate> | null, secure: boolean): Exchange {
  const { exchange } = sampleExchange({ secure, client: client === null ? null : { rule: '', verdict: 'NONE', fault: '', subject: '', san: '', fingerprint: '', notAfterMs: Infinity, ...client } });
  exchange.host = host;
  return exchange;
}

function keyOf(host: string): string {
  return rules.ruleOf(host)?.key ?? '';
}

await t.test('an exact host before the longest wildcard, which covers every depth, as in routes', async (t) => {
  const cas = ['a.test', 'x.a.test', 'x.y.a.test', 'x.deep.a.test', 'deep.a.test', '[::1]', '::1', '10.0.0.1'].map((host) => rules.ruleOf(host)?.ca);
  t.strictSame(cas, ['CA', 'OTHER', 'OTHER', 'CA', 'OTHER', 'CA', 'CA', 'CA']);
  for (const host of ['', 'b.test', 'xa.test', 'test', '.a.tes', '10.0.0.2']) t.equal(rules.ruleOf(host), null, host);
});

await t.test('rules that let in the same clients have one key, all others have different ones', async (t) => {
  const variants = [config(['x']), config(['x'], { mode: 'request' }), config(['x'], { ca: 'OTHER' }), config(['x'], { crl: 'CRL' })];
  const keys = variants.map((variant) => new ClientRules([variant]).ruleOf('x')?.key);
  t.equal(new Set(keys).size, variants.length);
  t.equal(new ClientRules([config(['y'], { headers: true, caFile: '/b.pem' })]).ruleOf('y')?.key, keys[0]);
  t.ok(keys.every((key) => key?.length === 32), 'no longer than OpenSSL takes for a session context');
  t.equal(rules.list.length, 3);
  t.strictSame(rules.hostsOf(rules.ruleOf('a.test')!), ['a.test', '::1', '10.0.0.1']);
});

await t.test('a host without a rule takes everybody', async (t) => {
  t.doesNotThrow(() => rules.check(exchangeFor('b.test', null, true)));
  t.doesNotThrow(() => rules.check(exchangeFor('b.test', { rule: keyOf('a.test'), verdict: 'FAILED' }, true)), 'whatever was shown to another one');
});

await t.test('threat: a connection that was made under another rule, or none, is sent away with 421 (CVE-2025-23419)', async (t) => {
  for (const client of [null, { rule: keyOf('x.a.test'), verdict: 'SUCCESS' }, { rule: '', verdict: 'SUCCESS' }] as const) {
    t.throws(() => rules.check(exchangeFor('a.test', client, true)), { code: 'misdirected' });
  }
  t.throws(() => rules.check(exchangeFor('open.test', { rule: keyOf('a.test'), verdict: 'SUCCESS' }, true)), { code: 'misdirected' });
});

function take(host: string, verdict: ClientCertificate['verdict']): void {
  rules.check(exchangeFor(host, { rule: keyOf(host), verdict }, true));
}

await t.test('`require` takes only who has shown a valid one, `request` also who has shown none', async (t) => {
  t.doesNotThrow(() => take('a.test', 'SUCCESS'));
  t.throws(() => take('a.test', 'NONE'), { code: 'client_certificate_required' });
  t.throws(() => take('a.test', 'FAILED'), { code: 'client_certificate_required' });
  t.doesNotThrow(() => take('open.test', 'SUCCESS'));
  t.doesNotThrow(() => take('open.test', 'NONE'));
  t.throws(() => take('open.test', 'FAILED'), { code: 'client_certificate_required' });
});

await t.test('over plain HTTP nobody has shown one', async (t) => {
  t.throws(() => rules.check(exchangeFor('a.test', null, false)), { code: 'client_certificate_required', detail: 'none can be shown over plain HTTP' });
  t.doesNotThrow(() => rules.check(exchangeFor('open.test', null, false)));
});

await t.test('threat: a certificate that runs out while the connection lives counts no longer', async (t) => {
  const { startedAtMs } = exchangeFor('a.test', null, true);
  const takeUntil = (notAfterMs: number): void => rules.check(exchangeFor('a.test', { rule: keyOf('a.test'), verdict: 'SUCCESS', notAfterMs }, true));
  t.doesNotThrow(() => takeUntil(startedAtMs + 60_000));
  t.throws(() => takeUntil(startedAtMs), { code: 'client_certificate_required', detail: /has expired/ });
});

await t.test('only where the rule says so the upstream is told', async (t) => {
  const told = exchangeFor('open.test', { rule: keyOf('open.test'), verdict: 'SUCCESS', subject: 'CN=me', fingerprint: 'ab' }, true);
  rules.check(told);
  t.strictSame(told.addedHeaders, ['X-Client-Verify', 'SUCCESS', 'X-Client-Cert-Subject', 'CN=me', 'X-Client-Cert-Fingerprint', 'ab']);
  const untold = exchangeFor('a.test', { rule: keyOf('a.test'), verdict: 'SUCCESS', subject: 'CN=me' }, true);
  rules.check(untold);
  t.strictSame(untold.addedHeaders, []);
});
