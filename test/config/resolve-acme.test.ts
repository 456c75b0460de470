import t from 'tap';
import { checkBroken, configOf, loadText } from '../helpers/config-text.ts';

const LISTEN = 'listen: { http: 80, https: 443 }\n';
const ROUTE = 'routes: [{ host: app.acme-inc.com, respond: {} }]\n';

function warningsOf(yaml: string): string[] {
  return loadText(yaml).warnings.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

await t.test('nothing is ordered unless the file says so, and `{}` is enough to say so', async (t) => {
  t.equal(configOf('').acme, null);
  const { acme } = configOf(`${LISTEN}${ROUTE}acme: {}`);
  t.match(acme, { email: null, cas: [{ name: 'letsencrypt' }], challenges: ['tls-alpn-01', 'http-01'], dns: null, keyType: 'p256', whilePending: 'local', onDemand: null, hosts: null });
});

await t.test('every option gets where it belongs', async (t) => {
  const { acme } = configOf(`${LISTEN}${ROUTE}
acme:
  email: ops@acme-inc.com
  challenges: [dns-01, http-01, dns-01]
  dns: { command: [./hook.sh, --zone, acme-inc.com], wait: 5s }
  key: rsa4096
  whilePending: refuse
  onDemand: { allow: "*.customers.com", ask: "http://app:8000/may-i", perHour: 100 }
  hosts: [Bücher.acme-inc.com, "*.acme-inc.com"]`);
  t.match(acme, {
    email: 'ops@acme-inc.com',
    challenges: ['dns-01', 'http-01'],
    dns: { command: ['/etc/sluice/hook.sh', '--zone', 'acme-inc.com'], url: null, headers: [], waitMs: 5000, timeoutMs: 120_000 },
    keyType: 'rsa4096',
    whilePending: 'refuse',
    onDemand: { allow: ['*.customers.com'], ask: 'http://app:8000/may-i', perHour: 100 },
    hosts: ['xn--bcher-kva.acme-inc.com', '*.acme-inc.com'],
  });
  const hook = configOf(`${LISTEN}${ROUTE}acme: { challenges: [dns-01], dns: { url: "https://hook/", headers: { Authorization: "Bearer x" } } }`).acme?.dns;
  t.strictSame(hook, { command: null, url: 'https://hook/', headers: [['Authorization', 'Bearer x']], waitMs: 30_000, timeoutMs: 120_000 });
  t.strictSame(configOf(`${LISTEN}${ROUTE}acme: { challenges: [dns-01], dns: { command: [hook] } }`).acme?.dns?.command, ['hook'], 'looked for in PATH');
});

await t.test('what can never work is an error', async (t) => {
  checkBroken(t, [
    ['acme: { »challenges: [dns-01] }', '`dns-01` needs `dns`'],
    ['acme: { »dns: { command: [a] } }', '`challenges` has no `dns-01`'],
    ['acme: { challenges: [dns-01], »dns: { wait: 1s } }', '`command` or `url` is missing'],
    ['acme: { challenges: [dns-01], »dns: { command: [a], url: "http://a/" } }', 'exclude each other'],
    ['acme: { challenges: [dns-01], dns: { command: [a], »headers: { A: b } } }', '`headers` are sent to `url`'],
    ['acme: { »onDemand: { perHour: 5 } }', '`allow` or `ask` is missing', 'strangers could order'],
    ['acme: { hosts: [a.acme-inc.com, »"*.acme-inc.com"] }', 'a wildcard needs the challenge `dns-01`'],
    ['acme: { hosts: [a.acme-inc.com, »A.acme-inc.com] }', 'listed twice'],
  ]);
});

await t.test('a wildcard of a route without dns-01 is warned of where it stands, once', async (t) => {
  const yaml = `${LISTEN}routes:\n  - { host: ["*.acme-inc.com", a.acme-inc.com, b.lan], respond: {} }\n  - { host: "*.acme-inc.com", path: /a, respond: {} }\nacme: {}`;
  t.strictSame(warningsOf(yaml), ['3:14 `*.acme-inc.com` gets no certificate by ACME: a wildcard needs the challenge `dns-01`']);
  t.strictSame(warningsOf(yaml.replace('acme: {}', 'acme: { challenges: [dns-01], dns: { command: [a] } }')), []);
  t.strictSame(warningsOf(yaml.replace('acme: {}', 'acme: { hosts: a.acme-inc.com }')), [], 'the routes are not looked at then');
});

await t.test('`acme` without anything to do is warned of', async (t) => {
  t.match(warningsOf(`${LISTEN}routes: [{ host: [localhost, a.lan], respond: {} }]\nacme: {}`), [/^3:1 `acme` has nothing to do/]);
  t.match(warningsOf(`${LISTEN}acme: {}`), [/^2:1 `acme` has nothing to do/], 'a route for every host names none');
  t.strictSame(warningsOf(`${LISTEN}acme: { onDemand: { allow: a.acme-inc.com } }`), []);
  t.match(warningsOf(`${ROUTE}acme: {}`), [/^2:1 `acme` is not used: `listen` has no `https`/]);
});

await t.test('a challenge that cannot get here by itself is warned of in words', async (t) => {
  const mapped = `listen: { http: 8080, https: 8443 }\n${ROUTE}`;
  t.strictSame(warningsOf(`${mapped}acme: {}`), ['3:1 for ACME, port 443 of the host must lead to our port 8443 (`tls-alpn-01`), or port 80 of the host must lead to our port 8080 (`http-01`)']);
  t.strictSame(warningsOf(`${mapped}acme: { challenges: [dns-01], dns: { command: [a] } }`), []);
  t.strictSame(warningsOf(`listen: { http: 80, https: 8443 }\n${ROUTE}acme: {}`), [], 'one of them is enough');
  t.match(warningsOf(`listen: { https: 443 }\n${ROUTE}acme: { challenges: [http-01] }`), [/^2:18 `app\.acme-inc\.com` gets no certificate by ACME: `http-01` needs port 80/]);
});

await t.test('a private name that was listed is warned of, unless it is for an authority of one\'s own', async (t) => {
  const yaml = `${LISTEN}acme: { hosts: a.lan, ca: [letsencrypt] }`;
  t.match(warningsOf(yaml), [/`a\.lan` gets no certificate by ACME: its name is not a public one/]);
});
