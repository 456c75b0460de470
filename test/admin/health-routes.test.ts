import t from 'tap';
import { startSampleServer } from './sample-server.ts';

await t.test('probes say yes or no and nothing else', async (t) => {
  const { services, get } = await startSampleServer(t);
  t.strictSame(await get('/liveness'), { status: 200, body: { status: 'alive' } });
  t.strictSame(await get('/readiness'), { status: 200, body: { status: 'ready' } });
  services.isReady = false;
  t.strictSame(await get('/readiness'), { status: 503, body: { status: 'not ready' } });
  t.equal((await get('/liveness')).status, 200);
});

await t.test('a probe is answered however often somebody has asked, and nothing else is', async (t) => {
  const { url } = await startSampleServer(t);
  const statuses: number[] = [];
  for (let i = 0; i < 601; i += 1) statuses.push((await fetch(`${url}/log/level`)).status);
  t.equal(statuses.at(-1), 429);
  t.strictSame(await Promise.all(['/liveness', '/readiness', '/health'].map(async (path) => (await fetch(url + path)).status)), [200, 200, 429]);
});

await t.test('a reload tells what came of it', async (t) => {
  const { services, post } = await startSampleServer(t);
  t.strictSame(await post('/reload', ''), { status: 200, body: { generation: 5, ms: 12, guardMs: 0, warnings: [] } });
  services.result = { ok: false, reason: 'invalid', error: '1 error', diagnostics: ['a.yaml:3:5 unknown'] };
  t.match(await post('/reload', '{}'), { status: 422, body: { title: 'Reload refused', detail: '1 error', diagnostics: ['a.yaml:3:5 unknown'] } });
  services.result = { ok: false, reason: 'conflict', error: 'not now', diagnostics: [] };
  t.match(await post('/reload', '{}'), { status: 409, body: { detail: 'not now' } });
});
