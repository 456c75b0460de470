import t from 'tap';
import { startSampleServer } from './sample-server.ts';

await t.test('the level of the log is told and set', async (t) => {
  const { services, get, post } = await startSampleServer(t);
  t.strictSame(await get('/log/level'), { status: 200, body: { level: 'info' } });
  t.strictSame(await post('/log/level', { level: 'debug' }), { status: 200, body: { level: 'debug' } });
  t.equal(services.level, 'debug');
});

await t.test('what is no level sets none', async (t) => {
  const { services, post } = await startSampleServer(t);
  for (const content of [{ level: 'loud' }, { level: 5 }, {}, { levle: 'info' }, '', 'level=debug']) t.equal((await post('/log/level', content)).status, 422, JSON.stringify(content));
  t.match(await post('/log/level', { level: 'loud' }), { body: { detail: /One of error, warn, info and debug/ } });
  t.equal(services.level, 'info');
});
