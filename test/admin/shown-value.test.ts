import t from 'tap';
import { configValues } from '../../src/admin/config-values.ts';
import { shownText, shownValue } from '../../src/admin/shown-value.ts';
import { nodeAt, type ScalarNode } from '../../src/config/tree.ts';
import { loadText } from '../helpers/config-text.ts';

function scalar(value: unknown): ScalarNode {
  const node = nodeAt(loadText('').root, ['listen', 'http']);
  if (node.kind !== 'scalar') throw new Error('no scalar');
  return { ...node, value, substituted: null };
}

function shown(path: string, value: unknown): unknown {
  return shownValue(path.split('.'), scalar(value));
}

await t.test('what is no secret is shown as it is', async (t) => {
  const cases: readonly (readonly [path: string, value: string | number | boolean | null])[] = [
    ['listen.http', 80], ['routes.path', '/api/*'], ['routes.compress', true], ['upstreams.api.targets', 'api:8000'], ['routes.rateLimit.key', 'address'], ['routes.rateLimit.key', 'header:X-Tenant'],
    ['upstreams.api.balance.hash', 'cookie:sid'], ['tls.certificates.key', '/etc/ssl/a.key'], ['routes.headers.request.set.X-Version', '2'], ['routes.headers.request.set.Idempotency-Key', 'a'],
    ['upstreams.api.health.headers.user-agent', 'sluice-check'], ['routes.respond.body', null], ['routes.jwt.jwks', 'https://id.example/jwks.json'],
  ];
  t.strictSame(cases.filter(([path, value]) => shown(path, value) !== value), []);
});

await t.test('threat: what is a secret by its place is hidden', async (t) => {
  const places = [
    'routes.jwt.secret', 'policies.staff.jwt.keys.secret', 'acme.ca.eab.hmacKey', 'routes.basic.users.anna', 'routes.apiKey.keys.name', 'traces.headers.X-Honeycomb-Team', 'acme.dns.headers.X-Hook',
    'defaults.headers.request.set.Authorization', 'routes.headers.response.set.Set-Cookie', 'routes.match.headers.X-Api-Key', 'routes.match.query.token', 'upstreams.api.health.headers.X-Auth-Token',
  ];
  t.strictSame(places.filter((path) => shown(path, 'hunter2') !== '***'), []);
  t.strictSame(places.filter((path) => shown(path, 12_345) !== '***'), [], 'a number, too');
  t.equal(shown('routes.jwt.secret', 'hunter2.pem'), '***', 'a name like that of a file makes no secret a file');
});

await t.test('threat: what is a secret by its form is hidden wherever it stands', async (t) => {
  const values = [
    '$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe', '$scrypt$ln=16,r=8,p=1$abc$def', 'anna:{SSHA}abc', `mobile sha256:${'0a'.repeat(32)}`, '-----BEGIN PRIVATE KEY-----\nabc',
    'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
  ];
  t.strictSame(values.filter((value) => shown('routes.respond.body', value) !== '***'), []);
});

await t.test('threat: a URL is shown without its password and its secret parameters', async (t) => {
  t.equal(shown('rateLimits.store', 'redis://user:hunter2@redis:6379/0'), 'redis://***@redis:6379/0');
  t.equal(shown('routes.redirect', 'https://a.example/?token=hunter2&page=2'), 'https://a.example/?token=***&page=2');
});

await t.test('a long value is cut', async (t) => {
  t.equal(String(shown('routes.respond.body', 'x'.repeat(10_000))).length, 501);
});

await t.test('what came from outside goes by the name that the file has for it', async (t) => {
  const { root } = loadText('routes: [{ host: "${SHOP}", path: /*, redirect: "https://x.example/${KEY}?token=abc" }]', { env: { SHOP: 'shop.example', KEY: 'hunter2' } });
  const values = new Map([...configValues(root, ['r'], false)].map(({ path, value }) => [path, value]));
  t.equal(values.get('routes["r"].host'), '${SHOP}');
  t.equal(values.get('routes["r"].redirect'), '${KEY}');
  const route = nodeAt(root, ['routes', 0]);
  t.equal(shownText('GET shop.example/*', route), 'GET ${SHOP}/*');
  t.equal(shownText('→ 308 https://x.example/hunter2?token=abc', route), '→ 308 ${KEY}');
  t.equal(shownText('→ 308 https://a:b@y.example/?token=abc', route), '→ 308 https://***@y.example/?token=***');
});

await t.test('an empty variable names nothing', async (t) => {
  const { root } = loadText('routes: [{ respond: { body: "${NONE}" } }]', { env: { NONE: '' } });
  t.equal(shownText('→ answers 200', root), '→ answers 200');
});
