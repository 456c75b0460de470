import t from 'tap';
import { fileSide } from '../../src/cli/config-side.ts';
import { saidRoutes } from '../../src/cli/said-routes.ts';
import { loadText } from '../helpers/config-text.ts';

const YAML = `routes:
  - { name: a, host: [a.test, "*.b.test"], path: [/x/*, "~^/y"], methods: [GET, PUT], priority: 3, match: { headers: { X.A: "1", X-B: true }, query: { "q.r": "2" } }, respond: {} }
  - { name: b, respond: {} }`;

await t.test('routes are put together again of what is shown of them', async (t) => {
  const side = fileSide(loadText(YAML));
  t.strictSame(saidRoutes(side, () => undefined), side.routes?.map(({ id, matches }) => ({ id, matches })));
});

await t.test('what is not shown is taken from somebody who knows, or nothing is said', async (t) => {
  const side = fileSide(loadText('routes: [{ name: a, host: "${HOST}", path: /x, respond: {} }]', { env: { HOST: 'a.test' } }));
  t.equal(saidRoutes(side, () => undefined), null);
  t.match(saidRoutes(side, (path) => (path === 'routes["a"].host' ? 'a.test' : undefined)), [{ id: 'a', matches: [{ host: 'a.test' }] }]);
  const values = [{ path: 'routes["a"].path', value: 'not a path', from: 'f:1' }];
  t.equal(saidRoutes({ ...side, values }, () => undefined), null, 'of another version');
});
