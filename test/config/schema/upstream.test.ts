import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

function upstream(text: string): string {
  return `routes: [{ upstream: api }]\nupstreams: { api: ${text} }`;
}

await t.test('what is wrong in an upstream is said at its place', async (t) => {
  checkBroken(t, [
    [upstream('»api'), 'the port is missing', 'api:80'],
    [upstream('»5'), 'a target such as api:8000'],
    [upstream('»[]'), 'empty list'],
    [upstream('["a:1", »"a:1/x"]'), 'a target has no path', '`a:1`'],
    [upstream('["a:1", »7]'), 'not `7`'],
    ['routes: [{ upstream: api }]\nupstreams: { »api: {} }', '`targets` is missing'],
    [upstream('{ targets: "a:1", »timeout: { connect: 5s } }'), 'Did you mean `timeouts`?'],
    [upstream('{ targets: "a:1", timeouts: { connect: »5 } }'), '`5s` or `5ms`'],
    [upstream('[{ url: "a:1", weight: »0 }]'), 'from 1 to 1000'],
    [upstream('[{ url: "a:1", weight: »1001 }]'), 'from 1 to 1000'],
    [upstream('[{ url: "a:1", »wait: 1 }]'), 'no option `wait`', 'Allowed here: url, weight, backup'],
    [upstream('["b:1", »{ weight: 2 }]'), '`url` is missing', 'The target'],
    [upstream('{ targets: [{ url: »"a:1/x" }] }'), 'a target has no path'],
    [upstream('{ targets: [{ url: "a:1", backup: »1 }] }'), 'true or false'],
    [upstream('»"srv:_http._tcp.a.com:80"'), 'SRV records say the port', '`srv:_http._tcp.a.com`'],
    [upstream('{ targets: "a:1", keepAlive: { idle: »off } }'), 'must have an end'],
    [upstream('{ targets: "a:1", protocol: »h3 }'), 'http1 or h2'],
    [upstream('{ targets: "a:1", protocol: h2, http2: { connections: »0 } }'), 'from 1 to 1000'],
    [upstream('{ targets: "https://a:1", tls: { verify: »"no" } }'), 'true or false'],
    [upstream('{ targets: "https://a:1", tls: { serverName: »"*.a.com" } }'), 'one host name'],
  ]);
});
