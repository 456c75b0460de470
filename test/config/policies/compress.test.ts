import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

await t.test('true is all codings for what is text, and nothing said is off', async (t) => {
  t.match(settingsOf('compress: true').compress, {
    encodings: ['zstd', 'br', 'gzip'], minBytes: 1024, level: { gzip: 5, br: 4, zstd: 3 }, withCookies: false, atOnce: 64,
  });
  const types = settingsOf('compress: true').compress?.types ?? [];
  for (const type of ['text/*', 'application/json', 'application/*+json', 'image/svg+xml', 'application/wasm']) t.ok(types.includes(type), type);
  for (const type of ['image/png', 'font/woff2', 'application/zip', 'application/octet-stream']) t.notOk(types.includes(type), type);
  t.equal(settingsOf('').compress, null);
  t.equal(settingsOf('compress: off').compress, null);
});

await t.test('a coding, or a list of them, stands for itself', async (t) => {
  t.match(settingsOf('compress: gzip').compress, { encodings: ['gzip'], minBytes: 1024 });
  t.match(settingsOf('compress: [br, gzip]').compress, { encodings: ['br', 'gzip'] });
});

await t.test('every option counts, and layers are put together', async (t) => {
  const options = '{ encodings: zstd, types: [Text/HTML, application/*+json], minSize: 256B, level: { br: 6 }, withCookies: true, atOnce: 7 }';
  t.strictSame(settingsOf(`compress: ${options}`).compress, {
    encodings: ['zstd'], types: ['text/html', 'application/*+json'], minBytes: 256, level: { gzip: 5, br: 6, zstd: 3 }, withCookies: true, atOnce: 7,
  });
  t.match(settingsOf('compress: { level: { gzip: 9 } }', 'defaults: { compress: { level: { br: 1 }, minSize: 1MB } }').compress, {
    level: { gzip: 9, br: 1, zstd: 3 }, minBytes: 1_048_576,
  });
  t.equal(settingsOf('compress: off', 'defaults: { compress: true }').compress, null);
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, compress: { encodings: [»deflate] } }]', 'zstd, br and gzip'],
    ['routes: [{ respond: {}, compress: { types: »"*/*" } }]', 'pictures'],
    ['routes: [{ respond: {}, compress: { types: »text } }]', 'application/*+json'],
    ['routes: [{ respond: {}, compress: { minSize: »1000 } }]', 'unit'],
    ['routes: [{ respond: {}, compress: { level: { br: »11 } } }]', 'from 1 to 6'],
    ['routes: [{ respond: {}, compress: { »minsize: 1KB } }]', 'minSize'],
  ]);
});
