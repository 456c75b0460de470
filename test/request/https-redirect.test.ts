import t from 'tap';
import { createHttpsRedirect } from '../../src/request/https-redirect.ts';
import { configOf } from '../helpers/config-text.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

/** Where a plain request is sent; `[host, hostPort]` is what it named. */
function locationOf(listen: string, host: string, hostPort: number | null): string {
  const { exchange } = sampleExchange();
  Object.assign(exchange, { host, hostPort, path: '/a/b', query: '?c=d' });
  return createHttpsRedirect(configOf(`listen: ${listen}`).listen)(exchange);
}

await t.test('the port of the redirect is the one the client can reach', async (t) => {
  const cases: readonly (readonly [listen: string, port: number | null, expected: string, why: string])[] = [
    ['{ http: 80, https: 443 }', null, 'https://a.test/a/b?c=d', 'the usual ports need no naming'],
    ['{ http: 80, https: 443 }', 80, 'https://a.test/a/b?c=d', 'the port of HTTP is not kept'],
    ['{ http: 80, https: 8443 }', null, 'https://a.test:8443/a/b?c=d', 'we listen on 80 ourselves, so 8443 is public'],
    ['{ http: 8080, https: 8443 }', 8080, 'https://a.test:8443/a/b?c=d', 'a client that named our port is told ours'],
    ['{ http: 8080, https: 8443 }', null, 'https://a.test/a/b?c=d', '80 is mapped to 8080, so 443 is mapped to 8443'],
    ['{ http: 8080, https: 8443 }', 80, 'https://a.test/a/b?c=d', 'the same, written out'],
    ['{ http: 8080, https: 443 }', 8080, 'https://a.test/a/b?c=d', 'HTTPS is on its usual port'],
    ['{ http: [80, 8080], https: [8443, 443] }', 80, 'https://a.test:8443/a/b?c=d', 'the first HTTPS port is the one meant'],
  ];
  for (const [listen, port, expected, why] of cases) t.equal(locationOf(listen, 'a.test', port), expected, why);
});

await t.test('an IPv6 host keeps its brackets', async (t) => {
  t.equal(locationOf('{ http: 8080, https: 8443 }', '[::1]', 8080), 'https://[::1]:8443/a/b?c=d');
});
