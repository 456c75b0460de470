import t from 'tap';
import { closest } from '../../src/lib/closest.ts';

await t.test('finds what was meant by a missing, doubled, wrong or swapped letter', async (t) => {
  const words = ['timeouts', 'upstream', 'path', 'host'];
  for (const typed of ['timeout', 'timeoouts', 'tineouts', 'tiemouts', 'TIMEOUTS']) t.equal(closest(typed, words), 'timeouts', typed);
  t.equal(closest('paht', words), 'path');
});

await t.test('prefers the closer word', async (t) => {
  t.equal(closest('api-2', ['api-1', 'api-22', 'api-2x', 'api-2']), 'api-2');
});

await t.test('offers nothing where nothing is near, or the word is endless', async (t) => {
  t.equal(closest('colour', ['timeouts', 'path']), null);
  t.equal(closest('x'.repeat(100_000), ['x'.repeat(99_999)]), null);
  t.equal(closest('a', []), null);
});
