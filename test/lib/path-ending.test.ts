import t from 'tap';
import { createEndingTest } from '../../src/lib/path-ending.ts';

await t.test('an ending is that of the last segment, in any case', async (t) => {
  const hasEnding = createEndingTest('/static', new Set(['css', 'tar.gz']));
  for (const path of ['/static/a.css', '/static/a.CSS', '/static/b/c/a.min.css', '/static/.css', '/static/a.tar.gz']) t.equal(hasEnding(path), true, path);
  for (const path of ['/static/a.js', '/static/a.css/b', '/static/a.gz', '/static/acss', '/a.css', '/static', '/static/']) t.equal(hasEnding(path), false, path);
});

await t.test('threat: a thousand dots cost no more than one', async (t) => {
  const hasEnding = createEndingTest('', new Set(['css']));
  const path = `/${'a.'.repeat(100_000)}`;
  const startedAt = performance.now();
  for (let i = 0; i < 1000; i++) hasEnding(path);
  t.ok(performance.now() - startedAt < 1000);
});
