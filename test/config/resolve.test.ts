import t from 'tap';
import { configOf, faultsOf, loadText } from '../helpers/config-text.ts';

await t.test('routes that cannot be told apart are an error at the later one', async (t) => {
  const faults = faultsOf(() => loadText('routes:\n  - { path: /a, respond: {} }\n  - { path: /b, respond: {} }\n  - { path: /a, respond: {} }'));
  t.match(faults, [{ severity: 'error', line: 4, column: 5, message: /^this route takes the same requests as/, hint: /gateway\.yaml, line 2/ }]);
});

await t.test('conflicts are found among the routes that are right, at their own places', async (t) => {
  const faults = faultsOf(() => loadText('routes:\n  - { path: bad, respond: {} }\n  - { path: /a, respond: {} }\n  - { path: /a, respond: {} }'));
  t.match(faults, [{ line: 2 }, { line: 4 }]);
});

await t.test('routes keep the order of the file and know their line', async (t) => {
  const { routes } = configOf('routes:\n\n  - path: /b\n    respond: {}\n  - { path: /a, respond: {} }');
  t.strictSame(routes.map(({ id, line }) => [id, line]), [['/b', 3], ['/a', 5]]);
});

await t.test('the configuration is plain data that can be sent to a thread', async (t) => {
  const config = configOf('routes: [{ path: "~^/a", host: a.com, upstream: "a:1" }]');
  t.strictSame(structuredClone(config), config);
});
