import t from 'tap';
import type { RouteConfig } from '../../src/config/config.ts';
import type { UpstreamTimeouts } from '../../src/config/upstream-config.ts';
import { checkBroken, configOf, faultsOf, loadText } from '../helpers/config-text.ts';

function timeoutsOf(route: RouteConfig | undefined): UpstreamTimeouts | null {
  return route?.action.kind === 'forward' ? route.action.timeouts : null;
}

await t.test('a route does exactly one thing', async (t) => {
  checkBroken(t, [
    ['routes:\n  - »path: /x', 'does nothing', '`upstream`, `respond`, `redirect` and `health`'],
    ['routes:\n  - { upstream: "a:1", »respond: {} }', 'only one of `upstream` and `respond`'],
    ['routes:\n  - { respond: {}, »redirect: /a }', 'only one of `respond` and `redirect`'],
  ]);
});

await t.test('an option that does not fit the kind of route is an error at its key', async (t) => {
  for (const option of ['stripPrefix: /x', 'addPrefix: /x', 'rewrite: { pattern: a, with: b }', 'hostHeader: keep', 'timeouts: {}', 'streams: 1', 'tunnels: 1']) {
    checkBroken(t, [
      [`routes: [{ path: /x, respond: {}, »${option} }]`, 'no effect together with `respond`'],
      [`routes: [{ path: /x, redirect: /y, »${option} }]`, 'no effect together with `redirect`'],
    ]);
  }
});

await t.test('what is wrong in one part of a route does not hide another', async (t) => {
  t.equal(faultsOf(() => loadText('routes: [{ path: x, upstream: nowhere }]')).length, 2);
});

await t.test('a timeout of the route goes before its upstream, defaults and the built-in one', async (t) => {
  const { routes } = configOf(`
defaults: { timeouts: { connect: 1s, response: 1s, idle: 1s } }
upstreams: { a: { targets: "a:1", timeouts: { connect: 2s, response: 2s } } }
routes:
  - { path: /a, upstream: a, timeouts: { connect: 3s } }
  - { path: /b, upstream: "b:1", timeouts: { total: off } }`);
  t.match(timeoutsOf(routes[0]), { connectMs: 3000, responseMs: 2000, idleMs: 1000, totalMs: 0, streamMs: 86_400_000 });
  t.match(timeoutsOf(routes[1]), { connectMs: 1000, responseMs: 1000, idleMs: 1000, totalMs: 0 });
});

await t.test('defaults hold for every route that does not say otherwise', async (t) => {
  const { routes } = configOf(`
defaults: { hostHeader: target, https: both, accessLog: false, streams: 5, tunnels: 6 }
routes:
  - { path: /a, upstream: "a:1" }
  - { path: /b, upstream: "a:1", hostHeader: keep, https: redirect, accessLog: true, streams: 7, tunnels: 0 }`);
  t.match(routes[0], { httpsRedirect: false, accessLog: { errors: false, below: 0 }, action: { hostHeader: 'target', streamsMax: 5, tunnelsMax: 6 } });
  t.match(routes[1], { httpsRedirect: true, accessLog: { errors: true, below: 2 ** 32 }, action: { hostHeader: null, streamsMax: 7, tunnelsMax: 0 } });
});

await t.test('without defaults the built-in values hold', async (t) => {
  const [route] = configOf('routes: [{ upstream: "a:1" }]').routes;
  t.match(route, { httpsRedirect: true, accessLog: { errors: true, below: 2 ** 32 }, action: { hostHeader: null, streamsMax: 10_000, tunnelsMax: 10_000, rewrite: { stripPrefix: '', addPrefix: '', replace: null } } });
});
