import t from 'tap';
import type { JwtConfig } from '../../../src/config/jwt-config.ts';
import { checkBroken, loadText } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';
import { SECRET } from '../../helpers/token-issuer.ts';

const env = { JWT_SECRET: SECRET };
const JWKS = 'https://login.test/jwks.json';

function jwtOf(options: string): JwtConfig | null {
  return settingsOf(`jwt: { ${options} }`, '', { env }).jwt;
}

await t.test('what is not said is safe', async (t) => {
  t.strictSame(jwtOf('secret: "${JWT_SECRET}"'), {
    keys: [{ kid: null, algorithms: ['HS256'], material: SECRET }], jwks: null, algorithms: null, issuers: [], audiences: [], leewayMs: 30_000, requireExp: true, maxAgeMs: null,
    claims: [], roles: [], rolesClaim: 'roles', from: [{ in: 'bearer', name: '' }], forward: [], stripToken: false, realm: 'api',
  });
});

await t.test('everything can be said, once or as a list', async (t) => {
  t.match(jwtOf(`jwks: { url: ${JWKS}, refresh: 1h, timeout: 3s }, issuer: [a, b], audience: c, algorithms: ES256, leeway: 1m, requireExp: false, maxAge: 12h, roles: admin,
    rolesClaim: realm_access.roles, from: [header, cookie:s, query:t], stripToken: true, realm: our API, claims: { tenant: acme, plan: [pro, 2], email_verified: true, off: [false] },
    forward: { X-User: sub }`), {
    keys: [], jwks: { url: JWKS, refreshMs: 3_600_000, timeoutMs: 3000, ca: null }, algorithms: ['ES256'], issuers: ['a', 'b'], audiences: ['c'], leewayMs: 60_000, requireExp: false,
    maxAgeMs: 43_200_000, roles: ['admin'], rolesClaim: 'realm_access.roles', from: [{ in: 'bearer' }, { in: 'cookie', name: 's' }, { in: 'query', name: 't' }], stripToken: true, realm: 'our API',
    claims: [{ path: 'tenant', values: ['acme'] }, { path: 'plan', values: ['pro', 2] }, { path: 'email_verified', values: null }, { path: 'off', values: [false] }],
    forward: [{ header: 'X-User', path: 'sub' }],
  });
  t.match(jwtOf('secret: "${JWT_SECRET}", leeway: off'), { leewayMs: 0 });
  t.match(jwtOf(`jwks: ${JWKS}, audience: c`), { jwks: { url: JWKS, refreshMs: 600_000, timeoutMs: 5000 } });
  t.equal(settingsOf('jwt: off').jwt, null);
});

await t.test('keys over plain HTTP are taken from loopback, and else only where it is allowed', async (t) => {
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:1', 'idp.localhost']) t.ok(jwtOf(`jwks: "http://${host}/jwks", audience: a`)?.jwks, host);
  t.ok(jwtOf('jwks: { url: "http://keycloak:8080/certs", allowHttp: true }, audience: a')?.jwks);
});

function warningsOf(options: string): string[] {
  return loadText(`routes: [{ respond: {}, jwt: { ${options} } }]`).warnings.map(({ message }) => message);
}

await t.test('a set of keys without issuer and audience is a warning', async (t) => {
  t.match(warningsOf(`jwks: ${JWKS}`), [/made for another service/]);
  t.strictSame(warningsOf(`jwks: ${JWKS}, audience: a`), []);
});

function routeWith(options: string): string {
  return `routes: [{ respond: {}, jwt: ${options} }]`;
}

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    [routeWith('»{}'), 'nothing says which key', '`secret`, `publicKey`, `keys` or `jwks`'],
    [routeWith('{ jwks: »http://login.test/jwks.json, audience: a }'), 'plain HTTP', 'allowHttp'],
    [routeWith('{ jwks: { url: »http://127.0.0.1.login.test/jwks.json }, audience: a }'), 'plain HTTP'],
    [routeWith('{ jwks: »{ refresh: 1h }, audience: a }'), '`url` or `file`'],
    [routeWith(`{ jwks: { url: "${JWKS}", refresh: »10s }, audience: a }`), 'from 1m to 24h'],
    [routeWith(`{ jwks: { url: "${JWKS}", timeout: »2m }, audience: a }`), 'up to 60s'],
    [routeWith('{ secret: "${JWT_SECRET}", leeway: »6m }'), 'up to 5m'],
    [routeWith('{ secret: "${JWT_SECRET}", leeway: »0s }'), '`off`'],
    [routeWith('{ secret: "${JWT_SECRET}", from: [header, »body] }'), 'no token can stand in `body`'],
    [routeWith('{ secret: "${JWT_SECRET}", from: [header, »header] }'), 'stands here twice'],
    [routeWith('{ secret: "${JWT_SECRET}", forward: { »Authorization: sub } }'), 'choose a name such as `X-User`'],
    [routeWith('{ secret: "${JWT_SECRET}", forward: { »X-Forwarded-User: sub } }'), 'choose a name'],
    [routeWith('{ secret: "${JWT_SECRET}", forward: { X-User: sub, »x_user: email } }'), 'stands here twice'],
    [routeWith('{ secret: "${JWT_SECRET}", realm: »Größe }'), 'ASCII'],
    [routeWith('{ secret: "${JWT_SECRET}", »audiance: a }'), 'Did you mean `audience`?'],
  ], { env });
});
