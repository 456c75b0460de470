import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

function route(text: string, action = 'respond: {}'): string {
  return `routes:\n  - { ${text}, ${action} }`;
}

function act(text: string): string {
  return route('path: /x', text);
}

await t.test('what is wrong in the conditions of a route is said at its place', async (t) => {
  checkBroken(t, [
    [route('»paths: /x'), 'Did you mean `path`?'],
    [route('»colour: red'), 'Allowed here: ', 'stripPrefix'],
    [route('path: »api'), 'write `/api`'],
    [route('path: »/a//b'), 'write `/a/b`'],
    [route('path: »/a/../b'), 'write `/b`'],
    [route('path: »/a%2fb'), 'refused'],
    [route('path: »/%61'), 'write `/a`'],
    [route('path: »/a?b=c'), '`query`'],
    [route('path: [/a, »5]'), 'not `5`'],
    [route('path: »"~(?=x)"'), 'look-ahead', 'exponential'],
    [route('path: »"~(a)\\\\1"'), 'back-references'],
    [route('path: »"~(a"'), 'missing closing )'],
    [route('host: »"app.example.com:8080"'), 'no port', '`app.example.com`'],
    [route('host: »"a.*.com"'), 'first label'],
    [route('host: »example.com.'), 'no dot at its end'],
    [route('host: »"https://example.com/"'), 'no scheme'],
    [route('host: [a.com, »"b c"]'), 'not a host name'],
    [route('methods: [»get]'), 'did you mean `GET`?'],
    [route('methods: [»CONNECT]'), 'always refused'],
    [route('methods: »GET'), 'a list of methods'],
    [route('methods: »[]'), 'empty list'],
    [route('match: { headers: { »"a b": x } }'), 'not a header name'],
    [route('match: { headers: { »Host: x } }'), 'use the option `host`'],
    [route('match: { headers: { X-A: »2 } }'), 'in quotes'],
    [route('match: { query: { a: »false } }'), 'true for any value'],
    [route('priority: »high'), 'a whole number'],
    [route('name: »" x"'), 'no spaces at its ends'],
    [route('https: »on'), '`redirect` or `both`'],
    [route('accessLog: »"no"'), 'true or false'],
    ['routes:\n  - »5', 'an entry of `routes` must be a set of options'],
    ['routes: »[]', '`routes` is an empty list'],
    ['routes: »{}', 'a list of routes'],
  ]);
});

await t.test('what is wrong in the action of a route is said at its place', async (t) => {
  checkBroken(t, [
    [act('respond: { status: »99 }'), 'from 200 to 599'],
    [act('respond: { headers: { »Content-Length: "5" } }'), 'set by the gateway itself'],
    [act('respond: { headers: { »Connection: close } }'), 'set by the gateway itself'],
    [act('respond: { headers: { »"x y": z } }'), 'not a header name'],
    [act('respond: { headers: { X-A: »"a\\r\\nb" } }'), 'line break'],
    [act('respond: { headers: { X-A: »"a\\0b" } }'), 'NUL'],
    [act('respond: { headers: { X-A: »5 } }'), 'a header value'],
    [act('respond: { body: »5 }'), 'text', '"5"'],
    [act('respond: »hello'), 'a set of options such as'],
    [act('redirect: »new'), 'leads to a path'],
    [act('redirect: »"//evil.example"'), 'starts a host'],
    [act('redirect: { to: /a, status: »200 }'), 'one of 301, 302, 303, 307 and 308'],
    [act('»redirect: { status: 301 }'), '`to` is missing'],
    [act('upstream: "a:1", stripPrefix: »x'), 'write `/x`'],
    [act('upstream: "a:1", addPrefix: »/v1/'), 'write `/v1`'],
    [act('upstream: "a:1", hostHeader: »"a b"'), 'not a host name'],
    [act('upstream: "a:1", rewrite: { pattern: »"(", with: x }'), 'missing closing )'],
    [act('upstream: "a:1", »rewrite: { pattern: x }'), '`with` is missing'],
    [act('upstream: »127.0.0.1'), 'a target has a port'],
    [act('upstream: »api:x'), 'not a host with a port'],
    [act('upstream: "a:1", streams: »-1'), 'from 0'],
  ]);
});
