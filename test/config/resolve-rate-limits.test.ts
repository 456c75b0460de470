import t from 'tap';
import { checkBroken, configOf, faultsOf, loadText } from '../helpers/config-text.ts';

await t.test('requests are counted in memory until a store is named', async (t) => {
  t.strictSame(configOf('').rateLimits, { redisUrl: null, onStoreDown: 'local', timeoutMs: 50, prefix: 'sluice', keysMax: 65_536 });
  t.equal(configOf('rateLimits: { keys: 100000 }').rateLimits.keysMax, 100_000);
});

await t.test('each option is read', async (t) => {
  const text = 'rateLimits: { store: "rediss://:${PW}@redis", onStoreDown: deny, timeout: 1s, prefix: shop, keys: 2048 }';
  t.strictSame(configOf(text, { env: { PW: 'pw' } }).rateLimits, { redisUrl: 'rediss://:pw@redis:6379/0', onStoreDown: 'deny', timeoutMs: 1000, prefix: 'shop', keysMax: 2048 });
});

await t.test('what cannot be used is an error at its place', async (t) => {
  checkBroken(t, [
    ['rateLimits: { store: »redis }', '`memory`'],
    ['rateLimits: { store: memory, »timeout: 1s }', '`timeout` has no effect with `store: memory`'],
    ['rateLimits: { »onStoreDown: deny }', 'no effect'],
    ['rateLimits: { store: "redis://redis", timeout: »11s }', 'from 1ms to 10s'],
    ['rateLimits: { store: "redis://redis", timeout: »off }', '`off`'],
    ['rateLimits: { store: "redis://redis", onStoreDown: »open }', 'local, allow and deny'],
    ['rateLimits: { keys: »10 }', '1024'],
  ]);
});

await t.test('threat: no message shows the password of a store', async (t) => {
  for (const url of ['redis://:hunter2@redis/x', 'redis://:hunter2@redis?x', 'http://:hunter2@redis']) {
    const faults = faultsOf(() => loadText('rateLimits: { store: "${URL}" }', { env: { URL: url } }));
    t.equal(faults.length, 1, url);
    t.notMatch(JSON.stringify(faults), /hunter2/);
  }
});
