import t from 'tap';
import { getLimits, getLogLevel, postLimitsClear, postLogLevel, postTarget } from '../../src/admin/operator-client.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';
import { sampleStatus } from './sample-services.ts';

await t.test('targets, log level and limits are set and read as the services have them', async (t) => {
  const { place, services } = await startAdmin(t, { token: '0123456789abcdef' });
  for (const mode of ['drain', 'down', 'up'] as const) t.strictSame(await postTarget(place, mode, 'app', 'app:8000'), sampleStatus.targets);
  t.strictSame(services.targetsSet, ['drain app app:8000', 'down app app:8000', 'up app app:8000']);
  await t.rejects(postTarget(place, 'up', 'app', 'ap:8000'), { status: 404, message: /changed nothing \(404\): .* Did you mean app:8000\?$/ });

  t.equal(await getLogLevel(place), 'info');
  t.equal(await postLogLevel(place, 'debug'), 'debug');
  t.equal(services.level, 'debug');

  const states = [{ scope: 'app.example.com/*', limit: '10/min', remaining: 0, retryAfterMs: 900 }];
  services.limits.states.set('key & name', states);
  t.strictSame(await getLimits(place, 'key & name'), states);
  t.equal(await postLimitsClear(place, 'key & name'), 1);
  t.strictSame(await getLimits(place, 'key & name'), []);
});

await t.test('what answers and is no Sluice is told apart', async (t) => {
  for (const body of ['<html>', '{}', '{"targets":[1],"level":1,"limits":{},"cleared":"1"}']) {
    const place = await startStranger(t, (_request, response) => response.end(body));
    const asked = [postTarget(place, 'up', 'a', 'b'), getLogLevel(place), postLogLevel(place, 'info'), getLimits(place, 'a'), postLimitsClear(place, 'a')];
    const outcomes = await Promise.allSettled(asked);
    t.strictSame(outcomes.filter((outcome) => outcome.status === 'fulfilled' || !/is not the admin server/.test(String(outcome.reason))), [], body);
  }
});
