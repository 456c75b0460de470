import { array, assert, constantFrom, property } from 'fast-check';
import t from 'tap';
import { countParameter, queryOf, takeParameters } from '../../src/lib/query.ts';

const TOKEN = new Set(['token']);

await t.test('named parameters are taken out, and the rest stays as it was written', async (t) => {
  for (const [query, rest, token] of [
    ['?token=a', '', 'a'],
    ['?a=%20&token=x%2By&b', '?a=%20&b', 'x+y'],
    ['?a=1', '?a=1', undefined],
    ['?tokens=1&Token=2', '?tokens=1&Token=2', undefined],
    ['?token', '', ''],
    ['?', '?', undefined],
  ] as const) {
    const found = takeParameters(query, TOKEN);
    t.strictSame([found.rest, found.taken.get('token')], [rest, token], query);
  }
});

await t.test('threat: a name that is encoded, or given twice, does not get past', async (t) => {
  const found = takeParameters('?%74oken=a&a=1&token=b&to%6ben=c', TOKEN);
  t.strictSame([found.rest, found.taken.get('token')], ['?a=1', 'a']);
});

await t.test('no query makes it throw, and none is left that still has the name', async () => {
  assert(property(array(constantFrom('token', '%', '=', '&', 't%6Fken', '+', 'a', '%zz', 'é')), (parts) => {
    const { rest } = takeParameters(`?${parts.join('')}`, TOKEN);
    return !new URLSearchParams(rest).has('token');
  }));
});

await t.test('a parameter is counted however its name is written', async (t) => {
  t.strictSame(['', '?', '?a=1', '?a&b=2&%61=3', '?aa=1&b=a'].map((query) => countParameter(query, 'a')), [0, 0, 1, 2, 0]);
});

await t.test('the query of a target begins with its first question mark', async (t) => {
  t.strictSame(['/a', '/a?', '/a?b?c', 'http://a.test/?b=1'].map((url) => queryOf(url)), ['', '?', '?b?c', '?b=1']);
});
