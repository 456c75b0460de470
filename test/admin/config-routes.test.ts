import t from 'tap';
import type { ConfigValue } from '../../src/admin/config-values.ts';
import { digestOf, samePaths } from '../../src/admin/value-digest.ts';
import { TurnMeter } from '../helpers/turns.ts';
import { startSampleServer } from './sample-server.ts';

const SALT = 'a'.repeat(64);

const VALUES: readonly ConfigValue[] = [
  { path: 'listen.http', value: 80, from: 'gateway.yaml:1' },
  { path: 'routes["api"].upstream', value: 'api', from: 'gateway.yaml:4' },
  { path: 'workers', value: 'auto', from: 'default' },
];

await t.test('values are chosen by their path, with or without those that nobody has said', async (t) => {
  const { services, get } = await startSampleServer(t);
  services.values = VALUES;
  t.strictSame(await get('/config'), { status: 200, body: { generation: 4, values: VALUES, truncated: false } });
  t.match(await get('/config?defaults=false'), { body: { values: VALUES.slice(0, 2) } });
  t.match(await get(`/config?path=${encodeURIComponent('routes["api"]')}`), { body: { values: [VALUES[1]], truncated: false } });
  t.match(await get('/config?path=nothing'), { body: { values: [] } });
});

await t.test('an answer has a bound, and says so where there is more', async (t) => {
  const { services, get } = await startSampleServer(t);
  services.values = VALUES;
  t.match(await get('/config?limit=2'), { body: { values: VALUES.slice(0, 2), truncated: true } });
  t.match(await get('/config?limit=3'), { body: { truncated: false } });
  services.values = Array.from({ length: 10_001 }, (_, i) => ({ path: `a[${i}]`, value: i, from: 'gateway.yaml:1' }));
  const { body } = await get('/config');
  t.equal((body as { readonly values: readonly unknown[] }).values.length, 10_000);
  t.match(body, { truncated: true });
  for (const query of ['limit=0', 'limit=x', 'limit=1000000', 'defaults=1', 'filter=a']) t.equal((await get(`/config?${query}`)).status, 422, query);
});

await t.test('however many values there are, asking for them keeps the thread no longer than a few thousand take', async (t) => {
  const { services, get, post } = await startSampleServer(t);
  const many = Array.from({ length: 50_000 }, (_, i) => ({ path: `a[${i}]`, value: i, from: 'gateway.yaml:1' }));
  for (const query of ['limit=999999', 'path=nothing', 'limit=1']) {
    const meter = new TurnMeter();
    services.configValues = () => meter.counted(many);
    const { body } = await meter.run(async () => get(`/config?${query}`));
    t.equal((body as { readonly values: readonly unknown[] }).values.length, { 'limit=999999': many.length, 'path=nothing': 0, 'limit=1': 1 }[query]);
    t.ok(meter.most <= 4000, `${query}: ${meter.most} in one turn`);
  }
  const meter = new TurnMeter();
  services.sameValues = async (question) => samePaths(meter.counted(many.map((value) => ({ ...value, read: value.value, node: null }))), question);
  t.strictSame(await meter.run(async () => post('/config/compare', { salt: SALT, values: [{ path: 'a[49999]', digest: digestOf(SALT, 49_999) }] })), { status: 200, body: { same: ['a[49999]'] } });
  t.ok(meter.most <= 4000, `${meter.most} in one turn`);
});

await t.test('generations come with the reason of the last refusal', async (t) => {
  const { services, get } = await startSampleServer(t);
  t.strictSame(await get('/generations'), { status: 200, body: { generations: [], refusal: null } });
  services.generationList = [{ generation: 2, at: '2026-01-01T00:00:00.000Z', ms: 5, verdict: { outcome: 'kept', reason: '' }, changes: [{ path: 'workers', before: 1, after: null, from: 'gateway.yaml:1' }], moreChanges: 0 }];
  services.refused = 'workers: 1 → 2 needs a restart.';
  t.strictSame(await get('/generations'), { status: 200, body: { generations: services.generationList, refusal: services.refused } });
});
