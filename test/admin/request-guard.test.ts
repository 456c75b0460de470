import fastify, { type FastifyInstance } from 'fastify';
import t from 'tap';
import { AdminProblem } from '../../src/admin/problem.ts';
import { createRequestGuard } from '../../src/admin/request-guard.ts';

const TOKEN = '0123456789abcdef';

function serve(host: string, token: string | null): FastifyInstance {
  const app = fastify();
  const guard = createRequestGuard({ host, port: 9090 }, token);
  app.addHook('onRequest', async (request) => guard(request));
  app.setErrorHandler((error, _request, reply) => reply.code(error instanceof AdminProblem ? error.status : 500).send(''));
  app.get('/health', () => 'ok');
  app.get('/readiness', () => 'ok');
  app.post('/reload', () => 'ok');
  return app;
}

async function status(app: FastifyInstance, headers: Record<string, string>, method: 'GET' | 'POST' = 'GET', url = '/health'): Promise<number> {
  const body = headers['content-type'] === undefined ? {} : { payload: '{}' };
  const response = await app.inject({ method, url, headers: { host: 'localhost:9090', ...headers }, ...body });
  return response.statusCode;
}

function probe(app: FastifyInstance, host: string): Promise<number> {
  return status(app, { host }, 'GET', '/readiness');
}

await t.test('threat: a name that was rebound to loopback is refused', async (t) => {
  const app = serve('127.0.0.1', null);
  for (const host of ['localhost', 'LocalHost:9090', '127.0.0.1:9090', '[::1]:9090', '127.0.0.2']) t.equal(await status(app, { host }), 200, host);
  for (const host of ['evil.example', 'evil.example:9090', 'localhost.evil.example', '10.0.0.1', 'localhost@evil.example', '127.0.0.1:9090:1', '[evil]', 'localhost, evil.example']) {
    t.equal(await status(app, { host }), 403, host);
  }
});

await t.test('the configured address is a good host; a wildcard takes every literal address and no name', async (t) => {
  const one = serve('10.0.0.5', TOKEN);
  t.equal(await probe(one, '10.0.0.5:9090'), 200);
  t.equal(await probe(one, '10.0.0.6:9090'), 403);
  const every = serve('::', TOKEN);
  t.equal(await probe(every, '10.0.0.6:9090'), 200);
  t.equal(await probe(every, '[2001:db8::1]:9090'), 200);
  t.equal(await probe(every, 'evil.example:9090'), 403);
});

await t.test('threat: a page of another origin is refused, with or without fetch metadata', async (t) => {
  const app = serve('127.0.0.1', null);
  const json = { 'content-type': 'application/json' };
  t.equal(await status(app, { ...json, origin: 'http://localhost:9090' }, 'POST', '/reload'), 200);
  t.equal(await status(app, { 'sec-fetch-site': 'none' }), 200, 'typed by a person');
  for (const origin of ['https://evil.example', 'null', 'http://localhost:8080', 'https://localhost:9090']) {
    t.equal(await status(app, { ...json, origin }, 'POST', '/reload'), 403, origin);
    t.equal(await status(app, { origin }), 403, `GET from ${origin}`);
  }
  for (const site of ['cross-site', 'same-site']) t.equal(await status(app, { 'sec-fetch-site': site }), 403, site);
});

await t.test('threat: what an HTML form can send is no POST', async (t) => {
  const app = serve('127.0.0.1', null);
  const types = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain', 'text/plain; application/json', 'application/jsonx'];
  for (const type of types) t.equal(await status(app, { 'content-type': type }, 'POST', '/reload'), 415, type);
  t.equal(await status(app, {}, 'POST', '/reload'), 415, 'no type');
  t.equal(await status(app, { 'content-type': 'application/json; charset=utf-8' }, 'POST', '/reload'), 200);
  t.equal(await status(app, { 'x-sluice-admin': '1' }, 'POST', '/reload'), 200);
});

await t.test('where there is a token everything but the probes needs it, and who has it may use any name', async (t) => {
  const app = serve('0.0.0.0', TOKEN);
  const authorization = `Bearer ${TOKEN}`;
  t.equal(await status(app, {}), 401);
  t.equal(await status(app, { authorization: 'Bearer wrong' }), 401);
  t.equal(await status(app, { 'x-sluice-admin': '1' }, 'POST', '/reload'), 401);
  t.equal(await status(app, {}, 'GET', '/no/such/page'), 401, 'nor is told what there is');
  t.equal(await status(app, {}, 'GET', '/readiness'), 200);
  t.equal(await status(app, { authorization }), 200);
  t.equal(await status(app, { authorization, host: 'sluice:9090' }), 200);
  t.equal(await status(app, { authorization, origin: 'https://evil.example' }), 403, 'an origin is no excuse');
});
