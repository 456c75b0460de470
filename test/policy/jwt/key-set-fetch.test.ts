import t, { type Test } from 'tap';
import { fetchKeySet } from '../../../src/policy/jwt/key-set-fetch.ts';
import { makeCa, makeEntry } from '../../helpers/certificates.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { type HttpHandler, startHttpUpstream, type TestUpstream } from '../../helpers/upstream.ts';
import { eventually } from '../../helpers/wait-for.ts';

async function serve(t: Test, handler: HttpHandler): Promise<TestUpstream> {
  const server = await startHttpUpstream(handler);
  t.teardown(async () => server.close());
  return server;
}

async function fetched(url: string, { clock = new ManualClock(), signal = new AbortController().signal, ca = null as string | null } = {}) {
  return fetchKeySet(url, { timeoutMs: 5000, ca, clock, signal });
}

await t.test('a text, and how long it counts', async (t) => {
  let headers: Record<string, string> = {};
  const server = await serve(t, (request, response) => {
    response.writeHead(200, headers).end(request.headers.accept);
  });
  const life = async (more: Record<string, string>): Promise<number | null> => {
    headers = more;
    const { text, lifeMs } = await fetched(`http://127.0.0.1:${server.port}/a?b`);
    t.match(text, /^application\/jwk-set\+json/);
    return lifeMs;
  };
  t.equal(await life({}), null);
  t.equal(await life({ 'cache-control': 'public, max-age=300' }), 300_000);
  t.equal(await life({ 'cache-control': 'max-age="300"', age: '100' }), 200_000);
  t.equal(await life({ 'cache-control': 'max-age=300', age: '999' }), 0);
  t.equal(await life({ 'cache-control': 'no-store' }), 0);
  t.equal(await life({ 'cache-control': 's-maxage=5' }), null);
});

await t.test('over HTTPS only from a server that can prove who it is', async (t) => {
  const ca = await makeCa();
  const entry = await makeEntry(ca, ['127.0.0.1']);
  const server = await startHttpUpstream((_request, response) => {
    response.end('keys');
  }, { tls: { cert: entry.cert, key: entry.key } });
  t.teardown(async () => server.close());
  const url = `https://127.0.0.1:${server.port}/`;
  t.match(await fetched(url, { ca: ca.cert }), { text: 'keys' });
  await t.rejects(fetched(url), { code: /SELF_SIGNED|UNABLE|ISSUER/ });
});

await t.test('threat: another server is not followed, and no server without end', async (t) => {
  const other = await serve(t, (_request, response) => {
    response.end('evil');
  });
  const server = await serve(t, (request, response) => {
    const where: Record<string, string> = { '/here': '/there', '/loop': '/loop', '/away': `http://127.0.0.1:${other.port}/`, '/file': 'file:///etc/passwd', '/none': '' };
    const location = where[request.url ?? ''];
    if (location === undefined) response.end('keys');
    else response.writeHead(302, location === '' ? {} : { location }).end('x'.repeat(100_000));
  });
  const at = async (path: string) => fetched(`http://127.0.0.1:${server.port}${path}`);
  t.match(await at('/here'), { text: 'keys' });
  await t.rejects(at('/loop'), /more than 3 times/);
  for (const path of ['/away', '/file']) await t.rejects(at(path), /another server/);
  await t.rejects(at('/none'), /more than 3 times/, 'without a Location it is sent to where it came from');
  t.equal(other.requests, 0);
  await eventually(() => server.open === 0);
});

await t.test('threat: an answer without end, and one that never comes, have their bounds', async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url === '/500') response.writeHead(500).end('no');
    else if (request.url === '/long') response.end('x'.repeat(600 * 1024));
    else if (request.url === '/half') response.write('half');
  });
  const at = (path: string): string => `http://127.0.0.1:${server.port}${path}`;
  await t.rejects(fetched(at('/500')), { message: 'it answered 500' });
  await t.rejects(fetched(at('/long')), { message: 'its answer is longer than 512 KB' });
  for (const path of ['/never', '/half']) {
    const clock = new ManualClock();
    const waiting = t.rejects(fetched(at(path), { clock }), /no answer within 5 s/);
    await eventually(() => server.open > 0);
    clock.advance(5000);
    await waiting;
    t.equal(clock.tickers, 0);
    await eventually(() => server.open === 0);
  }
  const closing = new AbortController();
  const broken = t.rejects(fetched(at('/never'), { signal: closing.signal }), { name: 'AbortError' });
  closing.abort();
  await broken;
});
