import t from 'tap';
import { certificateProspects, mappingNeeded } from '../../src/config/certificate-prospects.ts';
import type { ListenAddress, ListenConfig } from '../../src/config/config.ts';
import { makeCa } from '../helpers/certificates.ts';
import { configOf } from '../helpers/config-text.ts';

const files = { '/etc/sluice/ca.pem': (await makeCa()).cert };

function obstacles(acme: string, listen: string, hosts: string, covered: readonly string[] = []): Record<string, string | null> {
  const config = configOf(`listen: ${listen}\nacme: ${acme}\nroutes: [{ host: [${hosts}], respond: {} }, { respond: {} }]`, { files });
  return Object.fromEntries(certificateProspects(config, (host) => covered.includes(host)).map(({ host, obstacle }) => [host, obstacle]));
}

const BOTH = '{ http: 80, https: 443 }';

await t.test('without ACME nothing is expected of it', async (t) => {
  t.strictSame(certificateProspects(configOf('routes: [{ host: a.acme-inc.com, respond: {} }]'), () => false), []);
});

await t.test('hosts of the routes, each once, without those that have a certificate', async (t) => {
  t.strictSame(obstacles('{}', BOTH, 'a.acme-inc.com, A.acme-inc.com, b.acme-inc.com', ['b.acme-inc.com']), { 'a.acme-inc.com': null });
});

await t.test('listed hosts take their place, and may be private ones for an authority of one\'s own', async (t) => {
  t.strictSame(obstacles('{ hosts: [c.acme-inc.com, d.lan] }', BOTH, 'a.acme-inc.com'), { 'c.acme-inc.com': null, 'd.lan': 'its name is not a public one' });
  t.strictSame(obstacles('{ hosts: [d.lan], ca: { directory: "https://ca.lan/", trust: ca.pem } }', BOTH, 'a.lan'), { 'd.lan': null });
});

await t.test('each obstacle is said in words', async (t) => {
  t.strictSame(obstacles('{}', BOTH, '"*.acme-inc.com", a.lan, 10.0.0.1, "[::1]"'), {
    '*.acme-inc.com': 'a wildcard needs the challenge `dns-01`',
    'a.lan': 'its name is not a public one',
    '10.0.0.1': 'it is an address, not a name',
    '[::1]': 'it is an address, not a name',
  });
  t.strictSame(obstacles('{}', '{ http: 80 }', 'a.acme-inc.com'), { 'a.acme-inc.com': '`listen` has no `https`' });
  t.match(obstacles('{ challenges: [http-01] }', '{ https: 443 }', 'a.acme-inc.com'), { 'a.acme-inc.com': /`http-01` needs port 80/ });
  t.strictSame(obstacles('{ challenges: [dns-01], dns: { command: [a] } }', '{ https: 443 }', '"*.acme-inc.com"'), { '*.acme-inc.com': null });
});

function listen(http: readonly number[], https: readonly number[]): Pick<ListenConfig, 'http' | 'https'> {
  return { http: addresses(http), https: addresses(https) };
}

function addresses(ports: readonly number[]): ListenAddress[] {
  return ports.map((port) => ({ host: '::', port }));
}

await t.test('which port must lead here, unless one of ours is the right one', async (t) => {
  t.equal(mappingNeeded(['tls-alpn-01', 'http-01'], listen([8080], [443])), null);
  t.equal(mappingNeeded(['http-01'], listen([8080, 80], [8443])), null);
  t.equal(mappingNeeded(['dns-01'], listen([8080], [8443])), null);
  t.equal(mappingNeeded(['http-01'], listen([8080], [443])), 'port 80 of the host must lead to our port 8080 (`http-01`)');
  t.equal(mappingNeeded(['tls-alpn-01'], listen([], [8443])), 'port 443 of the host must lead to our port 8443 (`tls-alpn-01`)');
});
