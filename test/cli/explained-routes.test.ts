import t from 'tap';
import { explainRoutes } from '../../src/cli/explained-routes.ts';
import { configOf } from '../helpers/config-text.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';

const { routes } = configOf(`routes:
  - { name: key, path: /x, match: { headers: { X-Api-Key: s3cret }, query: { token: t0ken, q: "1" } }, respond: {} }
  - { name: get, path: [/x, /y], methods: [GET], cors: "https://b.test", respond: {} }
  - { name: all, respond: {} }`);

function asked(routeId: string, request: SampleRequest = {}): ReturnType<typeof explainRoutes> {
  const { exchange } = sampleExchange(request);
  Object.assign(exchange, { host: 'a.test', path: '/x', routeId });
  return explainRoutes(routes, exchange, '', (index) => `f:${index + 1}`);
}

await t.test('each route once, by the match that comes nearest, and conditions without their secrets', async (t) => {
  t.strictSame(asked('get'), {
    route: { id: 'get', from: 'f:2', match: 'GET,HEAD */x', why: 'before others by an exact path', fits: true },
    others: [
      { id: 'all', from: 'f:3', match: '*/*', why: 'would take it, but that one has an exact path', fits: true },
      { id: 'key', from: 'f:1', match: '*/x', why: 'wants header x-api-key=***; query token=***, q=1', fits: false },
    ],
    moreOthers: 0,
  });
});

await t.test('the gateway has the last word on whether it came to a route', async (t) => {
  t.match(asked(''), { route: null, others: [{ id: 'get', why: 'would take it, were it not refused' }, { id: 'all' }, { id: 'key' }] });
});

await t.test('a preflight is for the route of the request that it asks for', async (t) => {
  t.match(asked('get', { method: 'OPTIONS', headers: ['Origin', 'https://b.test', 'Access-Control-Request-Method', 'GET'] }).route, { id: 'get' });
  t.match(asked('all', { method: 'OPTIONS', headers: ['Origin', 'https://b.test', 'Access-Control-Request-Method', 'PUT'] }).route, { id: 'all' });
});
