import t from 'tap';
import { checkBroken, faultsOf, loadRaw } from '../../helpers/config-text.ts';

await t.test('what is wrong at the top of the file is said at its place', async (t) => {
  checkBroken(t, [
    ['»route: []', 'Did you mean `routes`?'],
    ['»server: { listen: 80 }', 'at the top of the file', 'Allowed here: listen'],
    ['upstreams: »[a, b]', 'names with their targets'],
    ['upstreams: { »"a:1": "b:1" }', 'has a colon'],
    ['upstreams: { »"a b": "b:1" }', 'not a name'],
    ['defaults: { »upstream: x }', 'no option `upstream`'],
    ['defaults: { timeouts: { response: »60 } }', '`60s`'],
  ]);
});

await t.test('sections that are missing are named', async (t) => {
  const missing = (text: string): string[] => faultsOf(() => loadRaw(text)).map(({ line, column, message }) => `${line}:${column} ${message}`);
  t.strictSame(missing('workers: 1'), ['1:1 `listen` is missing', '1:1 `routes` is missing']);
  t.strictSame(missing('- a'), ['1:1 the file must be a set of options, not a list']);
  t.strictSame(missing('text'), ['1:1 the file must be a set of options, not `text`']);
});
