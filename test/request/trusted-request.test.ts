import t from 'tap';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { TraceEntry } from '../../src/request/trace-entry.ts';
import { TrustedProxies } from '../../src/request/trusted-proxies.ts';
import { trustRequest } from '../../src/request/trusted-request.ts';
import { configOf } from '../helpers/config-text.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';

const { limits } = configOf('listen: { http: 80, limits: { headers: 10, headerSize: 1KB } }').listen;
const PROXIES = new TrustedProxies(['10.0.0.0/8', 'fd00::/8']);
const TRACES = new TraceEntry({ trustClients: 'ids', sample: 1, collector: null });
const PROXY = '10.0.0.1';
const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

function trusted(request: SampleRequest = {}): Exchange {
  const { exchange } = sampleExchange(request);
  trustRequest(exchange, PROXIES, limits, TRACES);
  return exchange;
}

/** The code of the refusal; '' where there is none. */
function refusal(request: SampleRequest): string {
  try {
    trusted(request);
    return '';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function fields(n: number, value = '1'): string[] {
  return Array.from({ length: n }, (_, i) => [`x${i}`, value]).flat();
}

await t.test('a request gets one host, one path, one query', async (t) => {
  t.match(trusted({ url: '/a//b/./c/../%7euser?x=%2F', headers: ['Host', 'App.Example.COM.:8080'] }), {
    host: 'app.example.com', hostPort: 8080, path: '/a/b/~user', query: '?x=%2F', scheme: 'http',
  });
  t.match(trusted({ protocol: 'HTTP/2', secure: true, authority: 'a.test', url: '/x' }), { host: 'a.test', hostPort: null, path: '/x', scheme: 'https' });
  t.match(trusted({ protocol: 'HTTP/2', secure: true, authority: null, url: '/x', headers: ['host', 'b.test'] }), { host: 'b.test' });
  t.match(trusted({ headers: ['Host', '[2001:DB8::0:1]:81'] }), { host: '[2001:db8::1]', hostPort: 81 });
  t.match(trusted({ method: 'OPTIONS', url: '*' }), { path: '*', query: '' });
});

await t.test('a request that names no host is refused, but for HTTP/1.0, which need not', async (t) => {
  t.equal(refusal({ headers: [] }), 'bad_host');
  t.equal(refusal({ headers: ['Host', ''] }), 'bad_host');
  t.equal(refusal({ protocol: 'HTTP/2', headers: [] }), 'bad_host');
  t.match(trusted({ protocol: 'HTTP/1.0', headers: [] }), { host: '', path: '/' });
  t.equal(refusal({ protocol: 'HTTP/1.0', headers: ['Host', ''] }), 'bad_host');
});

await t.test('the absolute form must name the host that Host names, where the default port may be left out', async (t) => {
  const cases: readonly (readonly [url: string, host: string, secure: boolean, accepted: boolean])[] = [
    ['http://a.test/x', 'a.test', false, true],
    ['http://A.TEST./x', 'a.test', false, true],
    ['http://a.test:80/x', 'a.test', false, true],
    ['http://a.test/x', 'a.test:80', false, true],
    ['https://a.test:443/x', 'a.test', true, true],
    ['http://a.test:8080/x', 'a.test:8080', false, true],
    ['http://a.test:443/x', 'a.test', false, false],
    ['https://a.test:80/x', 'a.test', true, false],
    ['http://a.test/x', 'a.test:8080', false, false],
    ['http://b.test/x', 'a.test', false, false],
    ['http://a.test@b.test/x', 'b.test', false, false],
    ['http://a.test,b.test/x', 'a.test,b.test', false, false],
  ];
  for (const [url, host, secure, accepted] of cases) {
    t.equal(refusal({ url, secure, headers: ['Host', host] }), accepted ? '' : 'bad_host', `${url} with ${host}`);
  }
  t.match(trusted({ url: 'http://a.test?q=1' }), { path: '/', query: '?q=1' });
  t.equal(refusal({ url: 'http://a.test/', headers: [] }), 'bad_host', 'and Host must be there (RFC 9112, 3.2)');
  t.equal(refusal({ protocol: 'HTTP/2', secure: true, authority: 'a.test', headers: ['host', 'b.test'] }), 'bad_host');
  t.equal(refusal({ protocol: 'HTTP/2', secure: true, authority: 'a.test', headers: ['host', 'a.test:443'] }), '');
});

await t.test('what leaves doubt about where a request ends or whom it is for is refused', async (t) => {
  const host = ['Host', 'a.test'];
  t.equal(refusal({ headers: [...host, ...host] }), 'bad_host');
  t.equal(refusal({ headers: [...host, 'Authorization', 'a', 'Authorization', 'b'] }), 'bad_request');
  t.equal(refusal({ headers: [...host, 'Transfer-Encoding', 'chunked', 'Content-Length', '3'] }), 'bad_request');
  t.equal(refusal({ protocol: 'HTTP/1.0', headers: [...host, 'Transfer-Encoding', 'chunked'] }), 'bad_request');
  t.equal(refusal({ headers: [...host, 'Expect', 'miracles'] }), 'expectation_failed');
  t.equal(refusal({ url: 'ftp://a.test/' }), 'bad_request');
  t.equal(refusal({ url: '*' }), 'bad_request');
  t.equal(refusal({ url: '/%2e%2e/%00' }), 'bad_path');
  t.equal(refusal({ method: 'CONNECT', url: 'a.test:443' }), 'method_not_allowed');
});

await t.test('too many headers and, over HTTP/2, too large ones are refused; pseudo-headers do not count as headers', async (t) => {
  const pseudo = [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'a.test'];
  const h2 = { protocol: 'HTTP/2', secure: true, authority: 'a.test' } as const;
  t.equal(refusal({ headers: ['Host', 'a.test', ...fields(9)] }), '');
  t.equal(refusal({ headers: ['Host', 'a.test', ...fields(10)] }), 'headers_too_large');
  t.equal(refusal({ ...h2, headers: [...pseudo, ...fields(10)] }), '');
  t.equal(refusal({ ...h2, headers: [...pseudo, ...fields(11)] }), 'headers_too_large');
  t.equal(refusal({ ...h2, authority: null, headers: [...pseudo.slice(0, 6), 'host', 'a.test', ...fields(9)] }), '');
  // 1024 less four pseudo-headers and their overhead (RFC 9113, 6.5.2), less that of the field itself.
  const left = 1024 - pseudo.join('').length - 4 * 32 - 32 - 'x0'.length;
  t.equal(refusal({ ...h2, headers: [...pseudo, ...fields(1, 'a'.repeat(left))] }), '');
  t.equal(refusal({ ...h2, headers: [...pseudo, ...fields(1, 'a'.repeat(left + 1))] }), 'headers_too_large');
});

await t.test('a stranger says nothing about the client, the scheme or the request id', async (t) => {
  const claims = ['Host', 'a.test', 'X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'https', 'X-Request-Id', 'mine'];
  const stranger = trusted({ headers: claims });
  t.match(stranger, { peerTrusted: false, clientAddress: '192.0.2.1', scheme: 'http', id: UUID });
  t.not(trusted().id, stranger.id);
  t.match(trusted({ peer: '', headers: claims }), { peerTrusted: false, clientAddress: '', scheme: 'http', id: UUID }, 'a unix socket is a stranger');
});

await t.test('a trusted proxy is believed, as far as what it says has the right form', async (t) => {
  const claims = ['Host', 'a.test', 'X-Forwarded-For', '6.6.6.6, 1.2.3.4, 10.0.0.9', 'X-Forwarded-Proto', 'https', 'X-Request-Id', 'mine-1'];
  t.match(trusted({ peer: PROXY, headers: claims }), { peerTrusted: true, clientAddress: '1.2.3.4', scheme: 'https', secure: false, id: 'mine-1' });
  t.match(trusted({ peer: 'fd00::1', headers: ['Host', 'a.test', 'X-Forwarded-For', '[2001:DB8::0:7]:4711'] }), { clientAddress: '2001:db8::7' });
  t.match(trusted({ peer: PROXY }), { peerTrusted: true, clientAddress: PROXY, scheme: 'http', id: UUID });
  for (const proto of ['javascript', 'https, http', 'ws']) {
    t.equal(trusted({ peer: PROXY, headers: ['Host', 'a.test', 'X-Forwarded-Proto', proto] }).scheme, 'http', proto);
  }
  for (const id of ['', 'a b', 'a\u00e9', `a${'b'.repeat(128)}`, 'a\tb']) {
    t.match(trusted({ peer: PROXY, headers: ['Host', 'a.test', 'X-Request-Id', id] }).id, UUID, JSON.stringify(id));
  }
  const longest = 'b'.repeat(128);
  t.equal(trusted({ peer: PROXY, headers: ['Host', 'a.test', 'X-Request-Id', longest] }).id, longest);
});

await t.test('a refused request has what its line in the log needs: id, client, and what came as path, cut short', async (t) => {
  const { exchange } = sampleExchange({ url: `/\\${'a'.repeat(1000)}`, headers: [] });
  t.throws(() => trustRequest(exchange, PROXIES, limits, TRACES), { code: 'bad_host' });
  t.match(exchange, { id: UUID, clientAddress: '192.0.2.1', path: `/\\${'a'.repeat(254)}`, host: '' });
});

await t.test('threat: a secret in the query of a refused request is not shown as part of its path', async (t) => {
  const { exchange } = sampleExchange({ url: '/%2e%2e/a?t=secret', headers: ['Host', 'a.test'] });
  t.throws(() => trustRequest(exchange, PROXIES, limits, TRACES), { code: 'bad_path' });
  t.match(exchange, { path: '/%2e%2e/a', query: '' });
  const { exchange: other } = sampleExchange({ url: '/a?t=secret', headers: [] });
  t.throws(() => trustRequest(other, PROXIES, limits, TRACES), { code: 'bad_host' });
  t.match(other, { path: '/a', query: '' });
});
