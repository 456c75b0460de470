import t from 'tap';
import type { RouteAction } from '../../src/config/config.ts';
import { checkBroken, configOf } from '../helpers/config-text.ts';

function action(text: string): RouteAction | undefined {
  return configOf(`routes: [{ ${text} }]`).routes[0]?.action;
}

function strips(path: string): string {
  return `path: ${path}, upstream: "a:1", stripPrefix: /api`;
}

await t.test('a fixed answer says its type, unless its headers do', async (t) => {
  t.strictSame(action('respond: {}'), { kind: 'respond', status: 200, headers: [], body: '' });
  t.strictSame(action('respond: { body: "hi" }'), { kind: 'respond', status: 200, headers: [['content-type', 'text/plain; charset=utf-8']], body: 'hi' });
  t.strictSame(action('respond: { status: 201, json: { a: [1, null] } }'), { kind: 'respond', status: 201, headers: [['content-type', 'application/json']], body: '{"a":[1,null]}' });
  t.strictSame(action('respond: { json: null, headers: { Content-Type: text/x, Set-Cookie: [a=1, b=2] } }'), {
    kind: 'respond', status: 200, headers: [['content-type', 'text/x'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']], body: 'null',
  });
});

await t.test('a redirect is 308 unless it says otherwise', async (t) => {
  t.strictSame(action('redirect: /a'), { kind: 'redirect', to: '/a', status: 308 });
  t.strictSame(action('redirect: { to: "https://a.com{path}", status: 301 }'), { kind: 'redirect', to: 'https://a.com{path}', status: 301 });
});

await t.test('a forwarded path is stripped, added to and rewritten', async (t) => {
  const forward = action('path: /api/*, upstream: "a:1", stripPrefix: /api, addPrefix: /v1, rewrite: { pattern: "^/(.)", with: "/$1" }, hostHeader: b.com');
  t.match(forward, { upstream: 'a:1', rewrite: { stripPrefix: '/api', addPrefix: '/v1', replace: { pattern: '^/(.)', with: '/$1' } }, hostHeader: 'b.com' });
});

await t.test('stripPrefix fits every path of its route', async (t) => {
  for (const path of ['/api', '/api/*', '/api/v1/*', '/api/*.css', '"~^/api/[0-9]"', '[/api, /api/x]']) t.doesNotThrow(() => action(strips(path)), path);
  for (const path of ['/apis/*', '/*', '[/api/*, /x]', '"~/api"', '/a']) {
    checkBroken(t, [[`routes: [{ ${strips(path)} }]`.replace('stripPrefix: ', 'stripPrefix: »'), 'not every path of this route begins with `/api`']]);
  }
});

await t.test('an answer that cannot be given is an error at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: { body: a, »json: 1 } }]', 'only one of `body` and `json`'],
    ['routes: [{ respond: { body: a, »file: ./a.html, json: 1 } }]', 'only one of `body` and `file` and `json`'],
    ['routes: [{ respond: { status: 204, »file: ./a.html } }]', 'status 204 has no body'],
    ['routes: [{ respond: { status: 204, »body: a } }]', 'status 204 has no body'],
    ['routes: [{ respond: { status: 304, »json: 1 } }]', 'status 304 has no body'],
    [`routes: [{ respond: { »json: [${'x'.repeat(1_048_576)}] } }]`, 'too long: 1 MB'],
    ['routes: [{ upstream: "a:1", rewrite: { pattern: "(a)", with: »"$2" } }]', 'the pattern has 1 group'],
  ], { files: { '/etc/sluice/a.html': '<p>' } });
});
