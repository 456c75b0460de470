import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import t from 'tap';
import { addRoutes } from '../../src/admin/admin-routes.ts';
import { methodsByPath, OPERATIONS } from '../../src/admin/operations.ts';
import { createRequestGuard } from '../../src/admin/request-guard.ts';
import { SampleServices } from './sample-services.ts';

interface Route {
  readonly url: string;
  readonly methods: readonly string[];
}

async function routes(): Promise<readonly Route[]> {
  const app = fastify();
  const found: Route[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    found.push({ url, methods: [method].flat() });
  });
  await app.register(rateLimit);
  addRoutes(app, new SampleServices());
  await app.ready();
  return found;
}

await t.test('no route exists that is not described, nor is one described that does not exist', async (t) => {
  const byPath = Map.groupBy(await routes(), ({ url }) => url.replaceAll(/:(\w+)/g, '{$1}'));
  const found = [...byPath].map(([path, those]) => `${path}: ${those.flatMap(({ methods }) => methods).toSorted().join(', ')}`);
  const described = [...methodsByPath(OPERATIONS)].map(([path, methods]) => `${path}: ${methods.split(', ').toSorted().join(', ')}`);
  t.strictSame(found.toSorted(), described.toSorted());
});

await t.test('threat: what needs no token is what is described so, and nothing else', async (t) => {
  const app = fastify();
  const guard = createRequestGuard({ host: '127.0.0.1', port: 9090 }, '0123456789abcdef');
  app.addHook('onRequest', async (request) => guard(request));
  // Whoever passes the guard is answered, whatever the route would do.
  app.addHook('preHandler', async (_request, reply) => reply.code(299).send());
  addRoutes(app, new SampleServices());
  const open: string[] = [];
  for (const { method, path } of OPERATIONS) {
    const { statusCode } = await app.inject({ method, url: path.replaceAll(/\{\w+\}/g, 'x'), headers: { host: 'localhost:9090', 'x-sluice-admin': '1' } });
    if (statusCode === 299) open.push(`${method} ${path}`);
  }
  t.strictSame(open, OPERATIONS.filter(({ isOpen = false }) => isOpen).map(({ method, path }) => `${method} ${path}`));
});

await t.test('the function that ends streams ends those of both kinds', async (t) => {
  const app = fastify();
  const end = addRoutes(app, new SampleServices());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(async () => app.close());
  const responses = await Promise.all(['/status/stream', '/requests/stream'].map(async (path) => fetch(url + path)));
  end();
  const texts = await Promise.all(responses.map(async (response) => response.text()));
  t.match(texts, [/^event: snapshot/, /^:/]);
});
