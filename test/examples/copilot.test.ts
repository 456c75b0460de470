import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient, type PlainAnswer } from '../helpers/plain-clients.ts';
import { jwkOf, NOW_S, PAIRS, sign, startKeyServer } from '../helpers/token-issuer.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';

const ORIGIN = 'https://intranet.example.com';
const issuer = await startKeyServer(t);
issuer.publish([await jwkOf(PAIRS.p256.publicKey, { kid: 'k', use: 'sig' })]);
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());
const clock = new ManualClock();
const gateway = await startLoneGateway(t, exampleText('copilot', {
  'targets: copilot:8000': `targets: "${upstream.target}"`, 'https://login.example.com/.well-known/jwks.json': issuer.url, '10.0.0.0/8': '127.0.0.1/32',
}), { clock });
const client = agentClient(t, gateway.port);

async function tokenOf(name: string, roles: readonly string[]): Promise<string> {
  const claims = { iss: 'https://login.example.com/', aud: 'copilot', sub: name, exp: NOW_S + 7 * 86_400, realm_access: { roles: [...roles] } };
  return sign(claims, 'ES256', PAIRS.p256.privateKey, { kid: 'k' });
}

async function ask(token: string | null, path = '/chat/1', more: Readonly<Record<string, string>> = {}): Promise<PlainAnswer> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return client({ path, headers: { host: 'copilot.example.com', origin: ORIGIN, ...authorization, ...more } });
}

await t.test('employees may chat, administrators administer, and everybody else learns whether a token or a role is missing', async (t) => {
  const [employee, admin, guest] = await Promise.all([tokenOf('eve', ['employee']), tokenOf('ada', ['admin']), tokenOf('gus', [])]);
  t.strictSame(await Promise.all([ask(employee), ask(employee, '/admin/x'), ask(admin, '/admin/x'), ask(guest), ask(null)].map(async (answer) => (await answer).status)), [200, 403, 200, 403, 401]);
  const { headers } = JSON.parse((await ask(employee, '/chat/1', { 'x-user': 'ada', 'x_roles': 'admin' })).body.toString()) as { headers: Record<string, unknown> };
  t.match(headers, { 'x-user': 'eve', 'x-roles': 'employee', 'x_roles': undefined });
});

await t.test('ten questions a minute, a hundred an hour, for each user', async (t) => {
  const token = await tokenOf('hal', ['employee']);
  const burst: number[] = [];
  for (let i = 0; i < 11; i += 1) burst.push((await ask(token)).status);
  t.strictSame(burst, [...Array.from({ length: 10 }, () => 200), 429]);
  let answered = 10;
  for (let minute = 1; minute < 15; minute += 1) {
    clock.advance(60_000);
    for (let i = 0; i < 10; i += 1) if ((await ask(token)).status === 200) answered += 1;
  }
  // A hundred at once, and in the fourteen minutes since then as many more as are due.
  t.ok(answered >= 100 && answered <= 124, `${answered} were answered`);
  t.equal((await ask(await tokenOf('ian', ['employee']))).status, 200, 'another user has their own');
});

await t.test('the browser is told: this origin and no other, nothing embedded, and why a question was refused', async (t) => {
  const preflight = await client({ method: 'OPTIONS', path: '/chat/1', headers: { host: 'copilot.example.com', origin: ORIGIN, 'access-control-request-method': 'POST' } });
  t.match(preflight, { status: 204, headers: { 'access-control-allow-origin': ORIGIN, 'access-control-allow-credentials': 'true' } });
  const refused = await ask(null);
  t.match(refused.headers, { 'access-control-allow-origin': ORIGIN, 'content-security-policy': /default-src 'none'/, 'www-authenticate': /^Bearer/ });
  t.equal((await ask(null, '/chat/1', { origin: 'https://evil.example' })).headers['access-control-allow-origin'], undefined);
});
