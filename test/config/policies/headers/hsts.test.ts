import t from 'tap';
import { checkBroken } from '../../../helpers/config-text.ts';
import { settingsOf } from '../../../helpers/policies.ts';

function hstsOf(options: string): unknown {
  return settingsOf(`headers: { ${options} }`).headers?.security.hsts;
}

await t.test('a year by default, for the names below only where the preset is strict', async (t) => {
  t.strictSame(['', 'preset: strict', 'preset: api', 'hsts: { includeSubDomains: true, maxAge: 1h }', 'preset: off, hsts: true', 'preset: strict, hsts: { includeSubDomains: false }'].map(hstsOf), [
    { maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false },
    { maxAgeSeconds: 31_536_000, includeSubDomains: true, preload: false },
    { maxAgeSeconds: 31_536_000, includeSubDomains: true, preload: false },
    { maxAgeSeconds: 3600, includeSubDomains: true, preload: false },
    { maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false },
    { maxAgeSeconds: 31_536_000, includeSubDomains: false, preload: false },
  ]);
  t.strictSame(['hsts: off', 'hsts: false', 'preset: off'].map(hstsOf), [null, null, null]);
  t.match(hstsOf('hsts: { maxAge: 0s }'), { maxAgeSeconds: 0 });
});

await t.test('preload needs what the list of browsers asks for', async (t) => {
  t.match(hstsOf('hsts: { preload: true, includeSubDomains: true }'), { preload: true });
  t.match(hstsOf('preset: strict, hsts: { preload: true }'), { preload: true });
  checkBroken(t, [
    ['routes: [{ respond: {}, headers: { hsts: { »preload: true } } }]', 'includeSubDomains'],
    ['routes: [{ respond: {}, headers: { preset: strict, hsts: { maxAge: 364d, »preload: true } } }]', 'at least 365d'],
    ['routes: [{ respond: {}, headers: { hsts: { maxAge: »365 } } }]', '365s'],
  ]);
});
