import t from 'tap';
import type { RouteView } from '../../src/admin/services.ts';
import { sampleStatus } from './sample-services.ts';
import { startSampleServer } from './sample-server.ts';

await t.test('routes and upstreams are told in full', async (t) => {
  const { services, get } = await startSampleServer(t);
  const route: RouteView = { id: 'api', action: 'forward', upstream: 'api', matches: ['GET a.example/*'], does: '→ api', policies: ['rateLimit'] };
  services.routeList = [route];
  t.strictSame(await get('/routes'), { status: 200, body: { routes: [route] } });
  t.strictSame(await get('/upstreams'), { status: 200, body: { upstreams: [{ name: 'app', targets: sampleStatus.targets }] } });
});

await t.test('a target is drained, taken down and put back, and told as it is then', async (t) => {
  const { services, post } = await startSampleServer(t);
  for (const mode of ['drain', 'down', 'up']) {
    t.strictSame(await post(`/targets/${mode}`, { upstream: 'app', target: 'app:8000' }), { status: 200, body: { targets: sampleStatus.targets } });
  }
  t.strictSame(services.targetsSet, ['drain app app:8000', 'down app app:8000', 'up app app:8000']);
});

await t.test('a name that is not there is told with those that are', async (t) => {
  const { post } = await startSampleServer(t);
  const refused = async (upstream: string, target: string): Promise<unknown> => post('/targets/down', { upstream, target });
  t.match(await refused('app', 'app:8001'), { status: 404, body: { detail: 'The upstream app has no target app:8001. Did you mean app:8000?' } });
  t.match(await refused('app', 'nothing-like-it'), { status: 404, body: { detail: /There is: app:8000\.$/ } });
  t.match(await refused('apq', 'x'), { status: 404, body: { detail: 'There is no upstream apq. Did you mean app?' } });
  for (const content of [{}, { upstream: 'app' }, { upstream: '', target: 'x' }, { upstream: 'app', target: 5 }, { upstream: 'app', target: 'app:8000', mode: 'up' }]) t.equal((await post('/targets/up', content)).status, 422, JSON.stringify(content));
});
