import t, { type Test } from 'tap';
import type { AnswerHead } from '../../src/exchange/answer-head.ts';
import { cacheControl } from '../../src/policy/cache-control.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { startPolicy } from '../helpers/policies.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

interface Answered {
  readonly method?: string;
  readonly status?: number;
  readonly headers?: readonly string[];
}

/** Gives the headers that an answer to `path` has in the end. */
async function shaper(options: string): Promise<(path: string, answered?: Answered) => string[]> {
  const { onAnswer } = await startPolicy(cacheControl, `cacheControl: ${options}`);
  return (path, { method = 'GET', status = 200, headers = [] } = {}) => {
    const { exchange } = sampleExchange({ method });
    exchange.path = path;
    const head: AnswerHead = { status, statusText: '', headers: [...headers], contentLength: 0, hasTrailers: false, isUpstreams: true };
    onAnswer?.(exchange, head);
    return head.headers;
  };
}

await t.test('the most specific pattern counts', async (t) => {
  const headersOf = await shaper('{ "*": no-store, "*.{css,js}": max-age=60, /assets/*: max-age=61, "/assets/*.js": max-age=62, /assets/app.js: max-age=63, "~-[0-9a-f]{8}\\\\.png$": max-age=64, "*.txt": off }');
  const cases: Readonly<Record<string, string | null>> = {
    '/': 'no-store', '/a.html': 'no-store', '/a.css': 'max-age=60', '/sub/A.CSS': 'max-age=60', '/a.css/b': 'no-store', '/assets': 'max-age=61', '/assets/': 'max-age=61', '/assets/a.css': 'max-age=61',
    '/assetsx': 'no-store', '/assets/a.js': 'max-age=62', '/assets/app.js': 'max-age=63', '/img/a-0123abcd.png': 'max-age=64', '/a.txt': null,
  };
  for (const [path, value] of Object.entries(cases)) t.strictSame(headersOf(path), value === null ? [] : ['Cache-Control', value], path);
});

await t.test('only what is kept as a file gets it: never an error, and no answer to a change', async (t) => {
  const headersOf = await shaper('max-age=60');
  for (const status of [200, 206, 304]) t.equal(headersOf('/', { status }).length, 2, String(status));
  for (const status of [101, 204, 301, 307, 400, 404, 429, 500, 502, 503]) t.equal(headersOf('/', { status }).length, 0, String(status));
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) t.equal(headersOf('/', { method }).length, 0, method);
  t.equal(headersOf('/', { method: 'HEAD' }).length, 2);
});

await t.test('what the upstream says of it counts, unless the rule says otherwise', async (t) => {
  const polite = await shaper('max-age=60');
  const bold = await shaper('{ "*": { value: max-age=60, override: true } }');
  for (const name of ['cache-control', 'Expires', 'PRAGMA']) {
    t.strictSame(polite('/', { headers: [name, 'x', 'X-A', '1'] }), [name, 'x', 'X-A', '1']);
    t.strictSame(bold('/', { headers: [name, 'x', 'X-A', '1', name, 'y'] }), ['X-A', '1', 'Cache-Control', 'max-age=60']);
  }
});

await t.test('threat: an answer that sets a cookie is not given to caches', async (t) => {
  const headers = ['Set-Cookie', 'session=1'];
  t.strictSame((await shaper('{ "*": { maxAge: 1y, override: true } }'))('/', { headers }), headers);
  t.strictSame((await shaper('{ "*": { maxAge: 1m, withCookies: true } }'))('/', { headers }), [...headers, 'Cache-Control', 'max-age=60']);
});

async function startSite(t: Pick<Test, 'teardown'>): Promise<Awaited<ReturnType<typeof startLoneGateway>>> {
  const upstream = await startHttpUpstream((request, response) => {
    response.statusCode = request.url === '/missing.css' ? 404 : request.headers['if-none-match'] === undefined ? 200 : 304;
    response.setHeader('ETag', '"v1"');
    response.end(response.statusCode === 304 ? undefined : 'file');
  });
  t.teardown(async () => upstream.close());
  return startLoneGateway(t, `
defaults: { https: both, cacheControl: { "*.{css,js}": { maxAge: 1y, immutable: true } } }
routes:
  - { path: /*, upstream: "${upstream.target}" }
  - { path: /own/*, respond: { body: "a" }, cacheControl: { "*.css": no-cache } }
  - { path: /plain/*, upstream: "${upstream.target}", cacheControl: off }`, { https: true });
}

await t.test('on the wire: files, what has not changed, fixed answers, and errors', async (t) => {
  const gateway = await startSite(t);
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const cases: readonly (readonly [path: string, headers: Readonly<Record<string, string>>, status: number, value: string | undefined])[] = [
    ['/app.css?v=1', {}, 200, 'max-age=31536000, immutable'],
    ['/app.css', { 'if-none-match': '"v1"' }, 304, 'max-age=31536000, immutable'],
    ['/index.html', {}, 200, undefined],
    ['/missing.css', {}, 404, undefined],
    ['/own/a.css', {}, 200, 'no-cache'],
    ['/plain/a.css', {}, 200, undefined],
  ];
  for (const [path, headers, status, value] of cases) {
    const overHttp2 = await requestH2(session, { ':path': path, ...headers });
    const overHttp1 = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers: { 'cache-control': 'max-age=0', ...headers } });
    await overHttp1.text();
    t.strictSame([overHttp2.status, overHttp2.headers['cache-control']], [status, value], path);
    t.strictSame([overHttp1.status, overHttp1.headers.get('cache-control') ?? undefined], [status, value], path);
  }
});
