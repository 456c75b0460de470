import t from 'tap';
import { fileSchema } from '../../../src/config/schema/file.ts';
import { checkBroken, faultsOf, loadRaw } from '../../helpers/config-text.ts';

function missing(text: string): string[] {
  return faultsOf(() => loadRaw(text)).map(({ line, column, message }) => `${line}:${column} ${message}`);
}

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
  t.strictSame(missing('workers: 1'), ['1:1 `listen` is missing', '1:1 `routes` is missing']);
  t.strictSame(missing('- a'), ['1:1 the file must be a set of options, not a list']);
  t.strictSame(missing('text'), ['1:1 the file must be a set of options, not `text`']);
});

await t.test('every value of the schema says what it expects', async (t) => {
  const silent: string[] = [];
  const walk = (node: object, path: string): void => {
    if (('type' in node || 'anyOf' in node || 'enum' in node) && !('expects' in node) && !/(?:anyOf\/[0-9]+|\/properties)$/.test(path)) silent.push(path);
    for (const [key, value] of Object.entries<unknown>({ ...node })) {
      if (typeof value === 'object' && value !== null && key !== 'default' && key !== 'examples') walk(value, `${path}/${key}`);
    }
  };
  walk(fileSchema, '');
  t.strictSame(silent, []);
});
