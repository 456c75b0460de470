import t from 'tap';
import { startSampleServer } from './sample-server.ts';

const STATE = { scope: '/api/*', limit: '10/min', remaining: 0, retryAfterMs: 6000 };

await t.test('a key is found and forgotten', async (t) => {
  const { services, get, post } = await startSampleServer(t);
  services.limits.states.set('2001:db8::1', [STATE]);
  t.strictSame(await get('/limits?key=2001%3Adb8%3A%3A1'), { status: 200, body: { limits: [STATE] } });
  t.strictSame(await post('/limits/clear', { key: '2001:db8::1' }), { status: 200, body: { cleared: 1 } });
  t.strictSame(await get('/limits?key=2001%3Adb8%3A%3A1'), { status: 200, body: { limits: [] } });
});

await t.test('threat: keys are not listed, and no answer repeats one', async (t) => {
  const { services, get, post } = await startSampleServer(t);
  services.limits.states.set('anna', [STATE]);
  for (const path of ['/limits', '/limits?key=', `/limits?key=${'x'.repeat(501)}`, '/limits?key=a&key=b', '/limits?key=anna&all=1']) t.equal((await get(path)).status, 422, path);
  for (const content of [{}, { key: '' }, { key: ['anna'] }, { key: 'anna', all: true }]) t.equal((await post('/limits/clear', content)).status, 422, JSON.stringify(content));
  t.notMatch(JSON.stringify([await get('/limits?key=anna'), await get('/limits?key=anna&all=1')]), 'anna');
  t.equal(services.limits.states.size, 1);
});

await t.test('a store that cannot be asked is told', async (t) => {
  const { services, get } = await startSampleServer(t);
  services.limits.isReachable = false;
  t.match(await get('/limits?key=a'), { status: 503, body: { detail: /redis at redis:6379/ } });
});
