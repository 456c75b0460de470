import t from 'tap';
import { checkCspDirective, checkCspKey, isBareDirective, isFetchDirective, parseCspSources } from '../../src/config/csp-source.ts';

await t.test('keywords get their quotes, which YAML makes awkward, and nothing else does', async (t) => {
  t.strictSame(parseCspSources(" self  'self' unsafe-inline https: https://cdn.example.com "), ["'self'", "'self'", "'unsafe-inline'", 'https:', 'https://cdn.example.com']);
  t.strictSame(parseCspSources('sha256-B2yPHKaXnvFWtRChIbabYmUBFZdVfKKXHbWtWidDVF8='), ["'sha256-B2yPHKaXnvFWtRChIbabYmUBFZdVfKKXHbWtWidDVF8='"]);
  t.strictSame(parseCspSources('allow-forms\r\n selfie.example.com'), ['allow-forms', 'selfie.example.com']);
});

await t.test('what would end a directive or cannot be meant is refused', async (t) => {
  for (const [text, message] of [
    ["'self'; script-src *", /key of their own/], ['a.com,b.com', /spaces between/], [' ', /missing/], ['bücher.example', /ASCII/], ['off', /write `none`/],
    ["'nonce-abc'", /only the app/], ['nonce-abc', /only the app/], [`a${'b'.repeat(4000)}`, /too long/],
  ] as const) t.throws(() => parseCspSources(text), { name: 'RangeError', message }, text);
});

await t.test('threat: a slip in the name of a directive would protect nothing', async (t) => {
  for (const name of ['script-src', 'frame-ancestors', 'upgrade-insecure-requests']) t.doesNotThrow(() => checkCspDirective(name));
  t.throws(() => checkCspDirective('scrip-src'), { message: /did you mean `script-src`/ });
  t.throws(() => checkCspDirective('frameAncestors'), { message: /no directive/ });
  t.doesNotThrow(() => checkCspKey('reportOnly'));
  t.throws(() => checkCspKey('report'), { name: 'RangeError' });
});

await t.test('some directives fall back to default-src, and some stand alone', async (t) => {
  t.strictSame(['connect-src', 'frame-ancestors'].map(isFetchDirective), [true, false]);
  t.strictSame(['sandbox', 'img-src'].map(isBareDirective), [true, false]);
});
