import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';

/** As oauth2-proxy behaves: 202 for a session, 401 for none, pages of its own. */
const auth = await startHttpUpstream((request, response) => {
  if (request.url !== '/oauth2/auth') response.end('sign in here');
  else if (request.headers.cookie === '_oauth2_proxy=anna') response.writeHead(202, { 'X-Auth-Request-User': 'anna', 'X-Auth-Request-Email': 'anna@example.com', 'X-Auth-Request-Groups': 'staff' }).end();
  else if (request.headers.cookie === '_oauth2_proxy=boss') response.writeHead(202, { 'X-Auth-Request-Groups': 'staff,admins' }).end();
  else response.writeHead(401).end('Unauthorized');
});
const upstream = await startHttpUpstream(echoRequest);
t.teardown(async () => Promise.all([auth.close(), upstream.close()]));
const gateway = await startLoneGateway(t, exampleText('forward-auth', { 'oauth2-proxy:4180': auth.target, 'app:3000': upstream.target }));
const client = agentClient(t, gateway.port);

async function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: Buffer }> {
  return client({ path, headers: { host: 'app.example.com', ...headers } });
}

await t.test('who has a session comes in, and the upstream learns who it is', async (t) => {
  const { status, body } = await ask('/', { 'cookie': '_oauth2_proxy=anna', 'x-auth-request-email': 'evil@example.com' });
  t.equal(status, 200);
  t.match(JSON.parse(body.toString()), { headers: { 'x-auth-request-user': 'anna', 'x-auth-request-email': 'anna@example.com' } });
  t.match(gateway.ended[0]?.identity, { name: 'anna', roles: ['staff'] });
});

await t.test('who has none is told by the service, whose own pages are open to all', async (t) => {
  t.match([await ask('/'), await ask('/oauth2/sign_in')], [{ status: 401, body: Buffer.from('Unauthorized') }, { status: 200, body: Buffer.from('sign in here') }]);
});

await t.test('a part is for a group alone', async (t) => {
  t.strictSame([(await ask('/admin/x', { cookie: '_oauth2_proxy=anna' })).status, (await ask('/admin/x', { cookie: '_oauth2_proxy=boss' })).status], [403, 200]);
});
