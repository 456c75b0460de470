import t from 'tap';
import { planHosts, type HostPlan } from '../../src/tls/host-plan.ts';
import type { AcmeConfig } from '../../src/config/tls-config.ts';
import { RecordingLogger } from '../helpers/certificates.ts';
import { configOf } from '../helpers/config-text.ts';
import { ACME } from '../helpers/fake-issuer.ts';

const DNS: AcmeConfig = { ...ACME, challenges: ['dns-01'], dns: { command: ['x'], url: null, headers: [], waitMs: 0, timeoutMs: 1 } };

function plan(hosts: readonly string[], acme: AcmeConfig | null, covered: readonly string[] = [], logger = new RecordingLogger()): HostPlan {
  const config = configOf(`listen: { http: 80, https: 443 }\nroutes: [${hosts.map((host) => `{ host: "${host}", respond: {} }`).join(', ')}]`);
  return planHosts({ ...config, acme }, new Set(covered), logger);
}

await t.test('files first, ACME for public names, the local CA for the rest', async (t) => {
  const hosts = ['app.example.com', 'www.example.com', 'app.test', 'localhost', '10.0.0.1', '[2001:db8::1]', 'shop.example.com'];
  t.strictSame(plan(hosts, { ...ACME, cas: ACME.cas.map((ca) => ({ ...ca, trust: null })) }, ['www.example.com', '*.nowhere.com']), {
    orders: [['app.example.com'], ['shop.example.com']],
    local: ['app.test', 'localhost', '10.0.0.1', '2001:db8::1'],
  });
  t.strictSame(plan(hosts, null).orders, []);
  t.equal(plan(hosts, null).local.length, hosts.length);
});

await t.test('a wildcard is ordered with the name behind it and serves those below; without dns-01 it is local', async (t) => {
  const hosts = ['*.example.com', 'example.com', 'app.example.com', 'a.b.example.com'];
  t.strictSame(plan(hosts, DNS), { orders: [['*.example.com', 'example.com'], ['a.b.example.com']], local: [] });
  t.strictSame(plan(hosts, ACME), { orders: [['example.com'], ['app.example.com'], ['a.b.example.com']], local: ['*.example.com'] });
});

await t.test('where hosts are listed, only those are ordered, also without a route', async (t) => {
  t.strictSame(plan(['app.example.com', 'www.example.com'], { ...ACME, hosts: ['www.example.com', 'mail.example.com', 'db.internal'] }), {
    orders: [['www.example.com'], ['mail.example.com'], ['db.internal']],
    local: ['app.example.com'],
  });
});

await t.test('a name that a file covers is neither ordered nor local', async (t) => {
  t.strictSame(plan(['a.example.com'], ACME, ['*.example.com']), { orders: [], local: [] });
});
