import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import t from 'tap';
import { addMetricsRoute } from '../../src/admin/metrics-route.ts';

const LONG = `sluice_ready 1\n${'# a line\n'.repeat(500)}`;

async function asked(headers: Record<string, string>, exposition = LONG) {
  const app = fastify();
  addMetricsRoute(app, {
    metrics: async (accept) => ({ contentType: accept.includes('openmetrics') ? 'application/openmetrics-text' : 'text/plain', body: exposition }),
  });
  return app.inject({ url: '/metrics', headers });
}

await t.test('the format is the one asked for', async (t) => {
  t.match((await asked({})).headers['content-type'], 'text/plain');
  t.match((await asked({ accept: 'application/openmetrics-text; version=1.0.0' })).headers['content-type'], 'application/openmetrics-text');
});

await t.test('a long answer is compressed for whoever takes gzip', async (t) => {
  for (const accepted of ['gzip', 'deflate, gzip;q=0.5', 'br, GZIP']) {
    const answer = await asked({ 'accept-encoding': accepted });
    t.equal(answer.headers['content-encoding'], 'gzip', accepted);
    t.equal(gunzipSync(answer.rawPayload).toString(), LONG);
  }
  for (const accepted of ['identity', 'gzip;q=0', 'x-gzipped', '']) {
    const answer = await asked({ 'accept-encoding': accepted });
    t.equal(answer.headers['content-encoding'], undefined, accepted);
    t.equal(answer.body, LONG);
  }
  t.equal((await asked({ 'accept-encoding': 'gzip' }, 'short')).body, 'short');
});
