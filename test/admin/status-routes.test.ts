import fastify, { type FastifyInstance } from 'fastify';
import t from 'tap';
import { createRequestGuard } from '../../src/admin/request-guard.ts';
import { addStatusRoutes } from '../../src/admin/status-routes.ts';
import { SampleStatus } from './sample-status.ts';

function serve(token: string | null = null): FastifyInstance {
  const app = fastify();
  const guard = createRequestGuard({ host: '127.0.0.1', port: 9090 }, token);
  app.addHook('onRequest', async (request) => guard(request));
  addStatusRoutes(app, new SampleStatus());
  return app;
}

async function get(app: FastifyInstance, url: string, headers: Record<string, string> = {}) {
  return app.inject({ url, headers: { host: 'localhost:9090', ...headers } });
}

await t.test('the page comes with a policy that allows its own files and nothing else', async (t) => {
  const page = await get(serve(), '/');
  t.equal(page.statusCode, 200);
  t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin' });
  const policy = String(page.headers['content-security-policy']);
  t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';.*frame-ancestors 'none'.*require-trusted-types-for 'script'/);
  t.notMatch(policy, /unsafe|https?:|data:|\*/);
});

await t.test('its files are kept by the browser, the page is not', async (t) => {
  const app = serve();
  const { body, headers } = await get(app, '/');
  t.notMatch(headers['cache-control'], /immutable/);
  for (const [, path = ''] of body.matchAll(/(?:href|src)="(\/[^"]+)"/g)) {
    const file = await get(app, path);
    t.equal(file.statusCode, 200, path);
    t.match(file.headers['cache-control'], /immutable/);
  }
});

await t.test('threat: with a token the files say nothing, and what says something wants it', async (t) => {
  const app = serve('0123456789abcdef');
  const page = await get(app, '/', { host: 'sluice.internal:9090' });
  t.equal(page.statusCode, 200, 'a form that asks for the token');
  t.notMatch(page.body, /app\.example\.com|127\.0\.0\.1/);
  t.not((await get(app, '/status/stream')).statusCode, 200);
  t.not((await app.inject({ url: '/', method: 'POST', headers: { host: 'localhost' } })).statusCode, 200);
});

await t.test('a link on another site leads to the page, and to nothing else', async (t) => {
  const app = serve();
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  t.equal((await get(app, '/', headers)).statusCode, 200);
  t.not((await get(app, '/status/stream', headers)).statusCode, 200);
  t.not((await get(app, '/', { host: 'evil.example' })).statusCode, 200, 'rebound');
});
