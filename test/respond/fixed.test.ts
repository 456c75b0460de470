import t from 'tap';
import { redirect, redirectHandler, respondHandler } from '../../src/respond/fixed.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

await t.test('a fixed answer is given as it stands, to every request again', async (t) => {
  const handle = respondHandler({ kind: 'respond', status: 418, headers: [['Content-Type', 'text/plain'], ['X-A', '1']], body: 'täa' });
  for (const method of ['GET', 'POST', 'GET']) {
    const { exchange, sink } = sampleExchange({ method });
    handle(exchange);
    t.strictSame([sink.status, sink.headers, sink.body], [418, { 'content-type': 'text/plain', 'x-a': '1', 'content-length': '4' }, 'täa']);
    t.match(exchange, { status: 418, errorCode: '' });
  }
});

await t.test('a redirect fills in what the request says, and nothing twice', async (t) => {
  const cases = [
    ['https://example.com{path}{query}', '/a/b', '?c=d', 'https://example.com/a/b?c=d'],
    ['https://{host}{path}', '/a', '?dropped', 'https://a.test/a'],
    ['/new', '/old', '?q', '/new'],
    ['{path}{path}', '/x', '', '/x/x'],
    ['/{unknown}{', '/x', '', '/{unknown}{'],
    ['{path}', '/{query}', '?{host}', '/{query}'],
  ] as const;
  for (const [to, path, query, location] of cases) {
    const { exchange, sink } = sampleExchange();
    Object.assign(exchange, { host: 'a.test', path, query });
    redirectHandler({ kind: 'redirect', to, status: 307 })(exchange);
    t.strictSame([sink.status, sink.headers, sink.body], [307, { 'location': location, 'content-length': '0' }, ''], to);
  }
});

await t.test('a redirect by hand', async (t) => {
  const { exchange, sink } = sampleExchange();
  redirect(exchange, 308, 'https://a.test/');
  t.match([sink.status, sink.headers['location']], [308, 'https://a.test/']);
});
