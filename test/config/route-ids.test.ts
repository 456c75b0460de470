import t from 'tap';
import { checkBroken, configOf } from '../helpers/config-text.ts';

await t.test('a label is the name, or the first host and path, and unique', async (t) => {
  const { routes } = configOf(`routes:
  - { path: /x, respond: {} }
  - { path: /x, methods: [POST], respond: {} }
  - { path: /x, methods: [PUT], respond: {} }
  - { host: [A.com, b.com], path: [/y/*, /z], respond: {} }
  - { host: c.com, respond: {} }
  - { name: orders, path: /o, respond: {} }
  - { name: "/p", path: /q, respond: {} }
  - { path: /p, respond: {} }`);
  t.strictSame(routes.map(({ id }) => id), ['/x', '/x #2', '/x #3', 'a.com/y/*', 'c.com/*', 'orders', '/p', '/p #2']);
});

await t.test('a label is short even where the path is not', async (t) => {
  t.equal(configOf(`routes: [{ path: /${'x'.repeat(500)}, respond: {} }]`).routes[0]?.id.length, 100);
});

await t.test('a name given twice is an error at the second', async (t) => {
  checkBroken(t, [['routes:\n  - { name: a, path: /a, respond: {} }\n  - { name: »a, path: /b, respond: {} }', '`a` is already the name', 'line 2']]);
});

await t.test('what stands in the place of a route and is none has no name, and is told', async (t) => {
  checkBroken(t, [['routes:\n  - »*a\n  - { path: /x, respond: {} }', 'nothing above is marked with the anchor']]);
});
