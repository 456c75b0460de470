import t from 'tap';
import { Deadlines } from '../../src/lib/deadlines.ts';
import type { TargetConfig, UpstreamConfig } from '../../src/config/upstream-config.ts';
import type { DialAddress } from '../../src/upstream/dial.ts';
import { PoolRegistry } from '../../src/upstream/pool-registry.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function upstreamOf(yaml: string): UpstreamConfig {
  const [upstream] = configOf(`upstreams: { api: ${yaml} }\nroutes: [{ upstream: api }]`).upstreams;
  if (upstream === undefined) throw new Error('no upstream');
  return upstream;
}

/** Where the connections of a target's first address go. */
function addressOf({ host, port, path, secure }: TargetConfig): DialAddress {
  return { address: path === null ? '192.0.2.1' : null, host, port, path, secure };
}

function registry(): PoolRegistry {
  return new PoolRegistry(new Deadlines(new ManualClock(), (error) => {
    throw error;
  }));
}

await t.test('what a reload leaves as it was keeps its connections', async (t) => {
  const pools = registry();
  const before = upstreamOf('{ targets: [a:1, b:2], timeouts: { response: 1s } }');
  const after = upstreamOf('{ targets: [b:2, c:3], timeouts: { response: 9s } }');
  const [a, b] = before.targets.map((target) => pools.take(before, addressOf(target)));
  const [again, c] = after.targets.map((target) => pools.take(after, addressOf(target)));
  t.equal(again?.pool, b?.pool);
  t.equal(new Set([a?.pool, b?.pool, c?.pool]).size, 3);
});

await t.test('what changes how a connection is made, or kept, makes another pool', async (t) => {
  const pools = registry();
  const variants = ['{ targets: a:1 }', '{ targets: a:2 }', '{ targets: "https://a:1" }', '{ targets: "https://a:1", tls: { verify: false } }',
    '{ targets: "https://a:1", tls: { serverName: b } }', '{ targets: a:1, keepAlive: { connections: 1 } }', '{ targets: "unix:/a" }'];
  const all = variants.map(upstreamOf).map((upstream) => pools.take(upstream, addressOf(upstream.targets[0]!)).pool);
  t.equal(new Set(all).size, variants.length);
});

await t.test('each address behind one name has a pool of its own', async (t) => {
  const pools = registry();
  const upstream = upstreamOf('a:1');
  const to = addressOf(upstream.targets[0]!);
  const all = ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map((address) => pools.take(upstream, { ...to, address }).pool);
  t.equal(new Set(all).size, 3);
  t.equal(pools.take(upstream, to).pool, all[0]);
});

await t.test('a pool is closed when its last user has given it back', async (t) => {
  const pools = registry();
  const upstream = upstreamOf('a:1');
  const [first, second] = [1, 2].map(() => pools.take(upstream, addressOf(upstream.targets[0]!)));
  first?.release();
  t.equal(second?.pool.keepsAlive, true);
  second?.release();
  t.equal(second?.pool.keepsAlive, false);
  const third = pools.take(upstream, addressOf(upstream.targets[0]!));
  t.not(third.pool, first?.pool);
  t.equal(third.pool.keepsAlive, true);
});
