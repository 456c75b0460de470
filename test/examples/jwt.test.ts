import { once } from 'node:events';
import t from 'tap';
import { WebSocket } from 'ws';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { AUDIENCE, jwkOf, NOW_S, PAIRS, SECRET, sign, signWithSecret, startKeyServer } from '../helpers/token-issuer.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const issuer = await startKeyServer(t);
issuer.publish([await jwkOf(PAIRS.p256.publicKey, { kid: 'k', use: 'sig' })]);
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => upstream.close());
const live = await startWebSocketUpstream(t);
const text = exampleText('jwt', {
  'path: /live\n    upstream: api': `path: /live\n    upstream: "${live.target}"`, 'api:8000': upstream.target, 'https://login.example.com/.well-known/jwks.json': issuer.url, '${PARTNER_SECRET}': `"${SECRET}"`,
});
const clock = new ManualClock();
const gateway = await startLoneGateway(t, text, { clock });
const ask = agentClient(t, gateway.port);

const USER = { iss: 'https://login.example.com/', aud: AUDIENCE, sub: 'u1', exp: NOW_S + 60, realm_access: { roles: ['user', 'staff'] } };
const user = await sign(USER, 'ES256', PAIRS.p256.privateKey, { kid: 'k' });
const admin = await sign({ ...USER, sub: 'u2', realm_access: { roles: ['admin'] } }, 'ES256', PAIRS.p256.privateKey, { kid: 'k' });

async function get(path: string, token: string | null, headers: Record<string, string> = {}) {
  return ask({ path, headers: { host: 'api.example.com', ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) } });
}

await t.test('a token of the provider opens the API, and the app is told who it is', async (t) => {
  const answer = await get('/orders', user, { 'x-user': 'root', 'X_Roles': 'admin' });
  t.equal(answer.status, 200);
  const { headers } = JSON.parse(String(answer.body)) as { headers: Record<string, string> };
  t.match(headers, { 'x-user': 'u1', 'x-roles': 'user,staff', 'authorization': `Bearer ${user}` });
  t.equal(headers['x_roles'], undefined);
});

await t.test('without one it is 401, without the role 403', async (t) => {
  t.match(await get('/orders', null), { status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' } });
  t.match(await get('/orders', await signWithSecret(USER)), { status: 401, headers: { 'www-authenticate': /error="invalid_token"/ } });
  t.match(await get('/admin/users', user), { status: 403 });
  t.match(await get('/admin/users', admin), { status: 200 });
  t.match(await get('/hooks/partner', user), { status: 401 });
});

await t.test('a browser opens its WebSocket with a token in the query, which goes no further', async (t) => {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/live?room=7&access_token=${user}`, { headers: { host: 'api.example.com' } });
  await once(socket, 'open');
  t.equal(live.requests[0]?.url, '/live?room=7');
  socket.terminate();
  await eventually(() => gateway.ended.some(({ path }) => path === '/live'));
  t.equal(gateway.ended.find(({ path }) => path === '/live')?.query, '?room=7');
});

await t.test('the partner signs with the secret, and the app does not see the token', async (t) => {
  const token = await signWithSecret({ iat: NOW_S, exp: NOW_S + 900 });
  const answer = await ask({ method: 'POST', path: '/hooks/partner', headers: { host: 'api.example.com', authorization: `Bearer ${token}` } });
  t.equal(answer.status, 200);
  t.notMatch(String(answer.body), /authorization/);
  clock.advance(331_000);
  t.equal((await ask({ method: 'POST', path: '/hooks/partner', headers: { host: 'api.example.com', authorization: `Bearer ${token}` } })).status, 401, 'five minutes and the leeway later');
});
