import t from 'tap';
import { checkBroken, configOf } from '../helpers/config-text.ts';

const files = {
  '/etc/sluice/a.HTML': '<p>a</p>',
  '/etc/sluice/pages/a.json': '{}',
  '/srv/robots.txt': 'User-agent: *',
  '/etc/sluice/a.png': 'PNG',
  '/etc/sluice/large.txt': 'x'.repeat(1024 * 1024 + 1),
};

await t.test('the ending of its name is the type of a file, and relative paths start at the configuration', async (t) => {
  const { routes } = configOf(`
routes:
  - { path: /a, respond: { file: ./a.HTML } }
  - { path: /b, respond: { file: pages/a.json } }
  - { path: /c, respond: { file: /srv/robots.txt, headers: { Content-Type: text/x-robots } } }`, { files });
  t.match(routes.map(({ action }) => action), [
    { body: '<p>a</p>', headers: [['content-type', 'text/html; charset=utf-8']] },
    { body: '{}', headers: [['content-type', 'application/json']] },
    { body: 'User-agent: *', headers: [['content-type', 'text/x-robots']] },
  ]);
});

await t.test('a file that is missing, too large or of an unknown type is an error at its name', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: { file: »./none.html } }]', 'there is no such file', '/etc/sluice'],
    ['routes: [{ respond: { file: »./a.png } }]', 'does not say what it is', '.html'],
    ['routes: [{ respond: { file: »large.txt } }]', 'too large: 1 MB'],
  ], { files });
});
