import t from 'tap';
import { checkReplacement, parseRegex } from '../../src/config/regular-expression.ts';

await t.test('expressions that could backtrack are refused for that reason', async (t) => {
  for (const source of ['(?=a)', '(?!a)', '(?<=a)', '(?<!a)', '(a)\\1', '(?<n>a)\\k<n>']) {
    t.throws(() => parseRegex(source), { name: 'RangeError', message: /exponential time/ }, source);
  }
});

await t.test('a mistake is explained, and length is bounded', async (t) => {
  t.throws(() => parseRegex('(a'), { name: 'RangeError', message: /not valid: missing closing \)/ });
  t.throws(() => parseRegex('a'.repeat(1001)), { name: 'RangeError', message: /longer than 1000/ });
  t.ok(parseRegex('^/u/(?P<id>[0-9]+)$').test('/u/5'));
});

await t.test('a replacement names only groups that are there', async (t) => {
  for (const replacement of ['/x/$1', '$<n>', '$&', '$$1', '$12', '/plain']) t.doesNotThrow(() => checkReplacement('(?P<n>a)', replacement), replacement);
  for (const replacement of ['$2', '$0', '$<m>', '$', '$x']) {
    t.throws(() => checkReplacement('(?P<n>a)', replacement), { name: 'RangeError' }, replacement);
  }
});
