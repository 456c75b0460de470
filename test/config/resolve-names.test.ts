import t from 'tap';
import { checkBroken, loadText, upstreamOf, withUpstream } from '../helpers/config-text.ts';

await t.test('names are asked for again between every second and every minute, at the servers of the system', async (t) => {
  t.strictSame(upstreamOf('').resolve, { minMs: 1000, maxMs: 60_000, servers: [] });
});

await t.test('each option is read, and one bound moves the other along', async (t) => {
  t.strictSame(upstreamOf('resolve: { min: 2s, max: 3s, servers: [127.0.0.1, "127.0.0.1:53", "[::1]:5353"] }').resolve, { minMs: 2000, maxMs: 3000, servers: ['127.0.0.1:53', '[::1]:5353'] });
  t.match(upstreamOf('resolve: { max: 100ms }').resolve, { minMs: 100, maxMs: 100 });
  t.match(upstreamOf('resolve: { min: 5m }').resolve, { minMs: 300_000, maxMs: 300_000 });
});

await t.test('bounds that exclude each other are an error', async (t) => {
  checkBroken(t, [[withUpstream('resolve: { min: 5s, max: »1s }'), '`max` is shorter than `min`']]);
});

await t.test('options for names where there are none are warned of at their key', async (t) => {
  const { warnings } = loadText(withUpstream('resolve: { max: 1s }', '["10.0.0.1:80", "[::1]:80", "unix:/x"]'));
  t.match(warnings, [{ severity: 'warning', line: 2, message: '`resolve` has no effect here: no target is a name' }]);
  t.equal(warnings.length, 1);
  t.strictSame(loadText(withUpstream('resolve: { max: 1s }', '["10.0.0.1:80", "srv:_http._tcp.a.com"]')).warnings, []);
});
