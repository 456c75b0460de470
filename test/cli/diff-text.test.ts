import t from 'tap';
import type { ConfigDiff, ValueChange } from '../../src/cli/config-diff.ts';
import { diffText } from '../../src/cli/diff-text.ts';

const NOTHING: ConfigDiff = { routes: [], values: [], isReordered: false, takeovers: [], restart: [], unknown: [] };

function change(path: string, before: ValueChange['before'], after: ValueChange['after'], more: Partial<ValueChange> = {}): ValueChange {
  return { path, before, after, was: '/etc/g.yaml:1', from: '/etc/g.yaml:2', isSecret: false, ...more };
}

await t.test('one line for each value, in sections', async (t) => {
  const text = diffText({
    ...NOTHING,
    routes: [
      { id: 'new', formerId: null, kind: 'added', from: 'g.yaml:5', changes: [change('path', null, '/new', { was: null })] },
      { id: 'b', formerId: 'a', kind: 'renamed', from: 'g.yaml:6', changes: [] },
      { id: 'c', formerId: null, kind: 'changed', from: 'g.yaml:7', changes: [change('jwt.secret', '***', '***', { isSecret: true }), change('path', '/x', null, { from: null })] },
      { id: 'old', formerId: null, kind: 'removed', from: 'g.yaml:8', changes: [] },
    ],
    values: [change('upstreams.api', 'a:1', 'a:2'), change('listen.limits.headers', 50, 100, { from: 'default' }), change('policies.p.ip.deny', null, '\u001b[31m', { was: null }), change('defaults.https', 'both', 'redirect'), change('workers', 1, 2)],
    takeovers: [{ example: 'GET a/x', from: 'a', to: 'b' }, { example: 'GET a/y', from: 'a', to: null }],
    restart: ['workers: 1 → 2 needs a restart.'],
    unknown: ['tls.x'],
  });
  t.strictSame(text.split('\n'), [
    'Routes', '  + new   g.yaml:5', '    path: /new', '  ~ a is now called b   g.yaml:6', '  ~ c   g.yaml:7', '    ~ jwt.secret: *** (another secret)   g.yaml:2', '    - path: /x                           g.yaml:1, gone', '  - old   g.yaml:8',
    'Routing', '  GET a/x: a → b', '  GET a/y: a → no route (404)',
    'Upstreams', '  ~ upstreams.api: a:1 → a:2   g.yaml:2',
    'Listeners', '  ~ listen.limits.headers: 50 → 100   g.yaml:1, now as by default',
    'Policy sets', '  + policies.p.ip.deny: \\u001b[31m   g.yaml:2',
    'Defaults of routes', '  ~ defaults.https: both → redirect   g.yaml:2',
    'General', '  ~ workers: 1 → 2   g.yaml:2',
    'Needs a restart, a reload is refused', '  workers: 1 → 2 needs a restart.',
    'Secrets that cannot be compared', '  tls.x',
  ]);
});

await t.test('what many routes have in common is said once, and no list is without end', async (t) => {
  const routes = Array.from({ length: 200 }, (_, i) => ({ id: `r${i}`, formerId: null, kind: 'changed' as const, from: 'g.yaml:1', changes: [change('headers.preset', 'standard', 'strict')] }));
  t.equal(diffText({ ...NOTHING, routes }), 'Routes\n  ~ 200 routes: ~ headers.preset: standard → strict   g.yaml:2');
  const values = Array.from({ length: 100 }, (_, i) => change(`upstreams.u${i}`, 'a', 'b'));
  t.match(diffText({ ...NOTHING, values }).split('\n'), { length: 42, 41: '  … and 60 more' });
});

await t.test('nothing, and what cannot be told', async (t) => {
  t.equal(diffText(NOTHING), 'Nothing changes.');
  t.match(diffText({ ...NOTHING, takeovers: null }), /cannot be compared/);
  t.match(diffText({ ...NOTHING, isReordered: true }), /another order, which changes no request/);
});
