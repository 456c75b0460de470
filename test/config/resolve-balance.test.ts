import t from 'tap';
import { checkBroken, configOf, upstreamOf, withUpstream } from '../helpers/config-text.ts';

await t.test('every way to choose is read', async (t) => {
  t.strictSame(upstreamOf('').balance, { kind: 'round-robin' });
  for (const kind of ['round-robin', 'least-conn', 'random-two']) t.strictSame(upstreamOf(`balance: ${kind}`).balance, { kind });
  t.strictSame(upstreamOf('balance: { hash: "header:X-Tenant" }').balance, { kind: 'hash', key: { of: 'header', name: 'x-tenant' } });
  t.strictSame(upstreamOf('balance: { sticky: {} }').balance, { kind: 'sticky', cookie: 'sluice-1kbk7vs', secret: null, ttlMs: 86_400_000, over: 'least-conn' });
  t.strictSame(
    upstreamOf('balance: { sticky: { cookie: at, secret: 0123456789abcdef, over: random-two, ttl: 1h } }').balance,
    { kind: 'sticky', cookie: 'at', secret: '0123456789abcdef', ttlMs: 3_600_000, over: 'random-two' },
  );
});

await t.test('a secret can come from outside', async (t) => {
  const text = withUpstream('balance: { sticky: { secret: "${S}" } }');
  t.match(configOf(text, { env: { S: 'x'.repeat(16) } }).upstreams[0]?.balance, { secret: 'x'.repeat(16) });
});

await t.test('an upstream chooses in exactly one way', async (t) => {
  checkBroken(t, [
    [withUpstream('»balance: {}'), 'does not say how to choose', '{ hash: address }'],
    [withUpstream('balance: { hash: path, »sticky: {} }'), 'either `hash` or `sticky`'],
  ]);
});
