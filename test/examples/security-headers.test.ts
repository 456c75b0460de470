import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';

const app = await startHttpUpstream(async (request, response) => {
  response.setHeaders(new Map([['X-Debug', 'secret'], ['Server', 'app'], ['Content-Security-Policy', "script-src 'nonce-1'"]]));
  await echoRequest(request, response);
});
t.teardown(async () => app.close());
const gateway = await startLoneGateway(t, exampleText('security-headers', { 'shop:3000': `"${app.target}"`, 'api:8000': `"${app.target}"` }));
const ask = agentClient(t, gateway.port);

await t.test('a page of the shop may load what payment needs, and has lost nothing that defaults say', async (t) => {
  const { headers, body } = await ask({ path: '/', headers: { 'host': 'shop.example.com', 'x-shop': 'evil' } });
  const csp = headers['content-security-policy'] ?? '';
  t.match(csp, "script-src 'self' https://js.pay.example;");
  t.match(csp, "connect-src 'self' https://api.pay.example");
  t.match(csp, "object-src 'none'");
  t.match(headers, {
    'cache-control': 'no-cache', 'x-served-by': 'gateway-1', 'cross-origin-opener-policy': 'same-origin-allow-popups', 'x-frame-options': 'SAMEORIGIN',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()', 'x-debug': undefined, 'server': undefined, 'strict-transport-security': undefined,
  });
  t.match(JSON.parse(body.toString()), { headers: { 'x-shop': 'main' } });
});

await t.test('partners may show the widget in a frame', async (t) => {
  const { headers } = await ask({ path: '/widget/a', headers: { host: 'shop.example.com' } });
  t.match(headers['content-security-policy'], "frame-ancestors 'self' https://partner.example.com;");
  t.match(headers, { 'x-frame-options': undefined, 'cross-origin-resource-policy': 'cross-origin', 'x-served-by': 'gateway-1' });
});

await t.test('nobody may embed what the API says', async (t) => {
  const { headers } = await ask({ path: '/', headers: { host: 'api.example.com' } });
  t.match(headers, { 'content-security-policy': "default-src 'none';frame-ancestors 'none'", 'x-frame-options': 'DENY', 'x-served-by': 'gateway-1' });
});

await t.test('an app that makes nonces keeps its policy', async (t) => {
  const { headers } = await ask({ path: '/', headers: { host: 'admin.example.com' } });
  t.match(headers, { 'content-security-policy': "script-src 'nonce-1'", 'x-frame-options': 'SAMEORIGIN' });
});
