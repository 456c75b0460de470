import t from 'tap';
import { checkBroken, configOf, faultsOf, loadText } from '../helpers/config-text.ts';
import { workMs } from '../helpers/work-time.ts';

await t.test('an upstream that is not there is an error at its use', async (t) => {
  checkBroken(t, [
    ['upstreams: { orders: "a:1" }\nroutes: [{ upstream: »order }]', 'no upstream `order`', 'Did you mean `orders`?'],
    ['routes: [{ upstream: »api }]', 'no upstream `api`', 'write a target such as'],
    ['upstreams: { api: "a:1" }\nroutes: [{ upstream: »toString }, { path: /b, upstream: api }]', 'no upstream `toString`'],
  ]);
});

await t.test('an upstream that no route uses is warned of at its name', async (t) => {
  const { warnings } = loadText('upstreams:\n  a: "a:1"\n  b: "b:1"\nroutes: [{ upstream: a }]');
  t.match(warnings, [{ severity: 'warning', line: 3, column: 3, message: 'no route uses the upstream `b`' }]);
  t.equal(warnings.length, 1);
});

await t.test('thousands of unknown upstreams are reported quickly', async (t) => {
  const upstreams = Array.from({ length: 5000 }, (_, index) => `  service-number-${index}: "a:1"\n`).join('');
  const routes = Array.from({ length: 5000 }, (_, index) => `  - { path: /${index}, upstream: servicenumber-${index}x }\n`).join('');
  const startedAt = workMs();
  t.equal(faultsOf(() => loadText(`upstreams:\n${upstreams}routes:\n${routes}`)).length, 5000);
  t.ok(workMs() - startedAt < 8000);
});

await t.test('a target written directly is one upstream, however many routes name it', async (t) => {
  const config = configOf('defaults: { timeouts: { connect: 1s } }\nroutes: [{ path: /a, upstream: "a:1" }, { path: /b, upstream: "a:1" }, { path: /c, upstream: "unix:/x" }]');
  t.strictSame(config.upstreams.map(({ name }) => name), ['a:1', 'unix:/x']);
  t.equal(config.upstreams[0]?.timeouts.connectMs, 1000);
});
