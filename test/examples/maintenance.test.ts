import { readFileSync } from 'node:fs';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const page = readFileSync(new URL('../../config/examples/maintenance.html', import.meta.url), 'utf8');
const shop = await startHttpUpstream((_request, response) => void response.writeHead(503, { 'Retry-After': '60' }).end('of the shop'));
t.teardown(async () => shop.close());
const gateway = await startLoneGateway(t, exampleText('maintenance', { 'shop:3000': `"${shop.target}"` }), { files: { '/etc/sluice/maintenance.html': page } });
const ask = agentClient(t, gateway.port);

await t.test('while the shop says that it is closed, people see the page, and programs something they can read', async (t) => {
  const html = await ask({ path: '/', headers: { host: 'shop.example.com', accept: 'text/html' } });
  t.match([html.status, html.body.toString(), html.headers['retry-after']], [503, page, '60']);
  const json = await ask({ path: '/', headers: { host: 'shop.example.com' } });
  t.match([json.status, JSON.parse(json.body.toString())], [503, { error: 'Service Unavailable', id: /.+/ }]);
  t.equal((await ask({ path: '/api/orders', headers: { host: 'shop.example.com', accept: 'text/html' } })).body.toString(), 'of the shop');
});

await t.test('a closed host, and one that nobody knows', async (t) => {
  const closed = await ask({ path: '/any', headers: { host: 'old.example.com' } });
  t.match([closed.status, closed.body.toString(), closed.headers['retry-after'], closed.headers['content-type']], [503, page, '120', 'text/html; charset=utf-8']);
  t.match((await ask({ path: '/', headers: { host: 'who.example.com', accept: 'text/html' } })).body.toString(), 'There is nothing here');
});
