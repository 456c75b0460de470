import t from 'tap';
import { addVary, headerOf, removeHeader, setHeader } from '../../src/exchange/answer-head.ts';

await t.test('headers are found, removed and set in whatever case they were written', async (t) => {
  const headers = ['Content-Type', 'a', 'X-A', '1', 'x-a', '2', 'ETag', 'b'];
  t.strictSame([headerOf(headers, 'content-type'), headerOf(headers, 'x-a'), headerOf(headers, 'a')], ['a', '1', null]);
  setHeader(headers, 'X-A', '3');
  t.strictSame(headers, ['Content-Type', 'a', 'ETag', 'b', 'X-A', '3']);
  removeHeader(headers, 'etag');
  t.strictSame(headers, ['Content-Type', 'a', 'X-A', '3']);
});

await t.test('a value that is the name of a header is none', async (t) => {
  t.equal(headerOf(['X-A', 'etag', 'ETag', 'b'], 'etag'), 'b');
});

await t.test('Vary names each field once, and nothing beside everything', async (t) => {
  for (const [before, after] of [
    [[], ['Vary', 'Origin']],
    [['vary', 'accept, ORIGIN'], ['vary', 'accept, ORIGIN']],
    [['Vary', '*'], ['Vary', '*']],
    [['Vary', 'Accept'], ['Vary', 'Accept', 'Vary', 'Origin']],
    [['X-Vary', 'Origin'], ['X-Vary', 'Origin', 'Vary', 'Origin']],
  ] as const) {
    const headers = [...before];
    addVary(headers, 'Origin');
    t.strictSame(headers, after);
  }
});
