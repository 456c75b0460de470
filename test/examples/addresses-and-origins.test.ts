import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient, type PlainAnswer } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const APP = 'https://app.example.com';
const SETUP = 'https://setup.example.com';
const EVIL = 'https://evil.test';

/** Lets everybody's pages read `/maps/world`, and says nothing of CORS elsewhere. */
const upstream = await startHttpUpstream((request, response) => {
  if (request.url === '/maps/world') response.setHeader('access-control-allow-origin', '*');
  response.end('here');
});
t.teardown(async () => upstream.close());
const gateway = await startLoneGateway(t, exampleText('addresses-and-origins', { '10.0.0.0/8': '127.0.0.1', 'site:3000': upstream.target, 'api:8000': upstream.target, 'maps:8000': upstream.target }));
const ask = agentClient(t, gateway.port);

async function statusFrom(address: string, path: string): Promise<number> {
  return (await ask({ path, headers: { 'x-forwarded-for': address } })).status;
}

async function preflight(path: string, origin: string, more: Record<string, string> = {}): Promise<PlainAnswer> {
  return ask({ method: 'OPTIONS', path, headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-anything', ...more } });
}

await t.test('the scraper stays out, and all others come in', async (t) => {
  t.strictSame([await statusFrom('203.0.113.9', '/'), await statusFrom('2001:db8:bad::7', '/'), await statusFrom('203.0.114.9', '/'), await statusFrom('2001:db8::7', '/')], [403, 403, 200, 200]);
});

await t.test('of the office the guests stay out', async (t) => {
  t.strictSame([await statusFrom('198.51.100.7', '/office/a'), await statusFrom('198.51.100.200', '/office/a'), await statusFrom('192.0.2.1', '/office/a')], [200, 403, 403]);
});

await t.test('a page of another origin gets nothing into the account, be it only with a form', async (t) => {
  const before = upstream.requests;
  t.equal((await ask({ method: 'POST', path: '/account/orders', headers: { origin: EVIL, cookie: 'session=1' }, body: 'a=1' })).status, 403);
  t.equal(upstream.requests, before);
  t.match(await ask({ method: 'POST', path: '/account/orders', headers: { origin: APP, cookie: 'session=1' }, body: 'a=1' }), { status: 200, headers: { 'access-control-allow-origin': APP, 'access-control-allow-credentials': 'true' } });
  t.equal((await ask({ path: '/account/orders' })).status, 200, 'what says no origin is no page of another one');
  t.equal((await ask({ path: '/maps/mine', headers: { origin: EVIL } })).status, 200, 'which other routes do not ask');
});

await t.test('a preflight is told the two headers, whatever it asks for', async (t) => {
  t.match(await preflight('/account/orders', APP), { status: 204, headers: { 'access-control-allow-headers': 'Content-Type, X-CSRF-Token' } });
  t.match(await preflight('/maps/mine', APP), { status: 204, headers: { 'access-control-allow-headers': 'x-anything' } });
});

await t.test('the app has the last word on its maps, where it says one', async (t) => {
  t.equal((await ask({ path: '/maps/world', headers: { origin: EVIL } })).headers['access-control-allow-origin'], '*');
  t.equal((await ask({ path: '/maps/mine', headers: { origin: APP } })).headers['access-control-allow-origin'], APP);
  t.equal((await ask({ path: '/maps/mine', headers: { origin: EVIL } })).headers['access-control-allow-origin'], undefined);
});

await t.test('the page that sets up devices reaches them in the private network, and no other does', async (t) => {
  const asks = { 'access-control-request-private-network': 'true' };
  t.match(await preflight('/devices/1', SETUP, asks), { status: 204, headers: { 'access-control-allow-origin': SETUP, 'access-control-allow-private-network': 'true' } });
  t.match(await preflight('/devices/1', EVIL, asks), { status: 403, headers: { 'access-control-allow-private-network': undefined } });
  t.match(await preflight('/maps/mine', APP, asks), { status: 204, headers: { 'access-control-allow-private-network': undefined } });
});
