import t from 'tap';
import { weakenTag, weakenTagOfNotModified } from '../../../src/policy/compress/entity-tag.ts';

function weakened(...headers: string[]): string[] {
  weakenTag(headers);
  return headers;
}

function ofNotModified(tag: string, ifNoneMatch: string | null): string[] {
  const headers = ['ETag', tag];
  weakenTagOfNotModified(headers, ifNoneMatch === null ? [] : ['If-None-Match', ifNoneMatch]);
  return headers;
}

await t.test('a strong validator becomes a weak one (RFC 9110 section 8.8.1)', async (t) => {
  t.strictSame(weakened('etag', '"a"', 'X', 'y'), ['X', 'y', 'ETag', 'W/"a"']);
  t.strictSame(weakened('ETag', 'W/"a"'), ['ETag', 'W/"a"']);
  t.strictSame(weakened('X', 'y'), ['X', 'y']);
});

await t.test('what is no validator is taken out', async (t) => {
  for (const tag of ['a', '"', '', 'w/"a"', '"a']) t.strictSame(weakened('ETag', tag), [], tag);
});

await t.test('a 304 has the validator that the client holds', async (t) => {
  t.strictSame(ofNotModified('"a"', 'W/"a"'), ['ETag', 'W/"a"']);
  t.strictSame(ofNotModified('"a"', '"a"'), ['ETag', '"a"'], 'it holds the answer as it was');
  t.strictSame(ofNotModified('"a"', 'W/"b", "a"'), ['ETag', '"a"']);
  t.strictSame(ofNotModified('"a"', 'W/"a", "b"'), ['ETag', 'W/"a"']);
  t.strictSame(ofNotModified('"a"', null), ['ETag', 'W/"a"']);
  t.strictSame(ofNotModified('W/"a"', 'W/"a"'), ['ETag', 'W/"a"']);
});
