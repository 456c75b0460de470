import t from 'tap';
import { startSampleServer } from './sample-server.ts';

const ANY = { route: null, status: null, code: null, slowMs: null, client: null };

await t.test('requests are chosen by what people write', async (t) => {
  const { services, get } = await startSampleServer(t);
  const cases: readonly (readonly [query: string, filter: object])[] = [
    ['', {}], ['route=api', { route: 'api' }], ['route=', { route: '' }], ['status=5xx', { status: [500, 599] }], ['status=404', { status: [404, 404] }], ['code=upstream_timeout', { code: 'upstream_timeout' }],
    ['slow=250', { slowMs: 250 }], ['slow=0', { slowMs: 0 }], ['slow=1500ms', { slowMs: 1500 }], ['slow=2s', { slowMs: 2000 }], ['client=2001%3Adb8%3A%3A1', { client: '2001:db8::1' }],
    ['route=a%26b&status=2xx&count=5', { route: 'a&b', status: [200, 299] }],
  ];
  for (const [query] of cases) t.equal((await get(`/requests?${query}`)).status, 200, query);
  t.strictSame(services.requests.asked, cases.map(([, filter]) => ({ ...ANY, ...filter })));
});

await t.test('what is not valid asks no worker', async (t) => {
  const { services, get } = await startSampleServer(t);
  const queries = ['status=9', 'status=600', 'status=20', 'status=5XX', 'slow=fast', 'slow=0s', 'slow=off', 'slow=-1', 'slow=30000h', 'count=0', 'count=1001', 'count=x', 'limit=5', 'route=a&route=b', `code=${'x'.repeat(200)}`];
  for (const path of ['/requests', '/requests/stream']) {
    for (const query of queries) t.match(await get(`${path}?${query}`), { status: 422, body: { detail: /^The query / } }, `${path}?${query}`);
  }
  t.strictSame(services.requests.asked, []);
});

await t.test('a stream has the same filter', async (t) => {
  const { services, url } = await startSampleServer(t);
  const response = await fetch(`${url}/requests/stream?status=5xx&slow=1s`);
  t.match(response.headers.get('content-type'), 'text/event-stream');
  t.equal(response.headers.get('cache-control'), 'no-store');
  t.strictSame(services.requests.asked, [{ ...ANY, status: [500, 599], slowMs: 1000 }]);
  await response.body?.cancel();
});

await t.test('a worker that is silent is named', async (t) => {
  const { services, get } = await startSampleServer(t);
  services.requests.answer = async () => ({ requests: [], silentWorkers: [2] });
  t.strictSame(await get('/requests'), { status: 200, body: { requests: [], silentWorkers: [2] } });
});
