import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

/** Says `private` of what is asked for with `?own`, and an age of its own for the service worker. */
const upstream = await startHttpUpstream((request, response) => {
  if (request.url === '/sw.js') response.setHeader('cache-control', 'max-age=86400');
  if (request.url?.endsWith('?own') === true) response.setHeader('cache-control', 'private');
  response.statusCode = request.url?.startsWith('/missing') === true ? 404 : 200;
  response.end('file');
});
t.teardown(async () => upstream.close());
const gateway = await startLoneGateway(t, exampleText('static-files', { 'site:3000': upstream.target }));
const ask = agentClient(t, gateway.port);

await t.test('each kind of file is kept for as long as its name allows', async (t) => {
  const cases: Readonly<Record<string, string | undefined>> = {
    '/assets/app-4f1d.js': 'max-age=31536000, immutable',
    '/logo.PNG': 'max-age=2592000',
    '/': 'no-cache',
    '/docs/index.html': 'no-cache',
    '/sw.js': 'no-cache',
    '/app.css?own': 'private',
    '/robots.txt': undefined,
    '/missing.css': undefined,
    '/api/orders': 'no-store',
  };
  for (const [path, value] of Object.entries(cases)) t.equal((await ask({ path })).headers['cache-control'], value, path);
});
