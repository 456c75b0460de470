import t from 'tap';
import { directiveFaults, parseCacheAge, parseCachePath } from '../../src/config/cache-directives.ts';

await t.test('ages are whole seconds, and may be years', async (t) => {
  t.strictSame(['1y', '30d', '1h30m', '10s', '0s'].map(parseCacheAge), [31_536_000, 2_592_000, 5400, 10, 0]);
  for (const text of ['off', '3600', '1500ms', '11y', '-1s', '1 y']) t.throws(() => parseCacheAge(text), { name: 'RangeError' }, text);
});

await t.test('a pattern may begin with its star', async (t) => {
  t.strictSame(parseCachePath('*.css'), { kind: 'extension', prefix: '', extensions: ['css'] });
  t.strictSame(parseCachePath('*'), { kind: 'prefix', prefix: '' });
  t.strictSame(parseCachePath('/assets/*'), { kind: 'prefix', prefix: '/assets' });
  t.throws(() => parseCachePath('css'), { name: 'RangeError' });
});

await t.test('good values have no fault', async (t) => {
  for (const value of ['public, max-age=31536000, immutable', 'no-cache', 'Private, Max-Age=60', 'max-age=60 , stale-while-revalidate=30,stale-if-error=86400', 'private="set-cookie, x-a", s-maxage=1', 'no-store, no-transform']) {
    t.strictSame(directiveFaults(value), [], value);
  }
});

await t.test('each mistake is named, with what would be right', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'max-age': /a number of seconds/,
    'max-age=10m': /a number of seconds/,
    'max-age="60"': /a number of seconds/,
    'imutable': /no directive `imutable`/,
    'nocache': /no directive `nocache`/,
    'public=1': /no argument/,
    'max-age=60, max-age=61': /twice/,
    'public, private': /contradict/,
    'no-store, immutable': /contradict/,
    'public max-age=60': /not a list/,
    'public; max-age=60': /not a list/,
    ', public': /not a list/,
  };
  for (const [value, message] of Object.entries(cases)) {
    const faults = directiveFaults(value);
    t.match(faults, [{ message, isError: true }], value);
  }
  t.match(directiveFaults('max-age=10m')[0]?.hint, 'max-age=600');
  t.match(directiveFaults('x-own')[0], { isError: false });
});
