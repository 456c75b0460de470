import t from 'tap';
import { configValues } from '../../src/admin/config-values.ts';
import { loadText } from '../helpers/config-text.ts';

function values(text: string, withDefaults = false): Map<string, readonly [value: unknown, from: string]> {
  const { config, root } = loadText(text);
  const all = [...configValues(root, config.routes.map(({ id }) => id), withDefaults)];
  return new Map(all.map(({ path, value, from }) => [path, [value, from.replace('/etc/sluice/', '')]]));
}

await t.test('every value has its path and the line that says it', async (t) => {
  const found = values('listen: { http: 8080, admin: off }\nupstreams:\n  api:\n    targets: [a:1, b:2]\nroutes:\n  - { name: all, upstream: api }\n  - { path: /x, respond: { status: 204 } }');
  t.strictSame([...found], [
    ['listen.http', [8080, 'gateway.yaml:1']], ['listen.admin', ['off', 'gateway.yaml:1']],
    ['upstreams.api.targets[0]', ['a:1', 'gateway.yaml:4']], ['upstreams.api.targets[1]', ['b:2', 'gateway.yaml:4']],
    ['routes["all"].name', ['all', 'gateway.yaml:6']], ['routes["all"].upstream', ['api', 'gateway.yaml:6']],
    ['routes["/x"].path', ['/x', 'gateway.yaml:7']], ['routes["/x"].respond.status', [204, 'gateway.yaml:7']],
  ]);
});

await t.test('a route has what it takes from defaults, from the sets it uses and from its upstream, each with its own line', async (t) => {
  const found = values(`listen: { http: 8080 }
defaults: { maxBody: 1MB, timeouts: { response: 10s } }
policies:
  outer: { rateLimit: { limits: 10/min, key: route }, maxBody: 2MB }
upstreams: { api: { targets: a:1, timeouts: { response: 20s, connect: 1s } } }
routes:
  - { name: r, upstream: api, use: outer, rateLimit: 5/min, timeouts: { connect: 2s } }`);
  t.strictSame(found.get('routes["r"].maxBody.size'), ['2MB', 'gateway.yaml:4'], 'the set goes before defaults');
  t.strictSame(found.get('routes["r"].rateLimit.limits'), ['5/min', 'gateway.yaml:7'], 'a shorthand is the option that it stands for');
  t.strictSame(found.get('routes["r"].rateLimit.key'), ['route', 'gateway.yaml:4'], 'what the route does not say comes from below');
  t.strictSame(found.get('routes["r"].timeouts.response'), ['20s', 'gateway.yaml:5']);
  t.strictSame(found.get('routes["r"].timeouts.connect'), ['2s', 'gateway.yaml:7']);
});

await t.test('what nobody has said is told on request, as its default', async (t) => {
  const text = 'listen: { http: 8080 }\nupstreams: { api: a:1 }\nroutes:\n  - { name: r, upstream: api }\n  - { name: s, path: /s, respond: {} }';
  const without = values(text);
  const found = values(text, true);
  t.strictSame(found.get('workers'), [1, 'default']);
  t.strictSame(found.get('routes["r"].timeouts.response'), ['60s', 'default']);
  t.notOk(found.has('routes["s"].timeouts.response'), 'a route that forwards nothing waits for nobody');
  t.strictSame(found.get('listen.http'), without.get('listen.http'), 'what was said is told as before');
  t.ok(without.size < found.size);
  t.strictSame([...without].filter(([, [, from]]) => from === 'default'), []);
});

await t.test('what is told of a default is the default of the resolved configuration', async (t) => {
  const { config } = loadText('routes: [{ respond: {} }]');
  const found = values('routes: [{ respond: {} }]', true);
  t.equal(found.get('recentRequests')?.[0], config.recentRequests);
  t.equal(found.get('drainTimeout')?.[0], `${config.drainTimeoutMs / 1000}s`);
});
