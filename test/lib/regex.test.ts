import t from 'tap';
import { compileRegex } from '../../src/lib/regex.ts';

await t.test('it matches anywhere unless it is anchored', async (t) => {
  t.equal(compileRegex('b+').test('/abc'), true);
  t.equal(compileRegex('^b+').test('/abc'), false);
  t.equal(compileRegex('(?i)^/ABC$').test('/abc'), true);
});

await t.test('every match is replaced, with groups', async (t) => {
  t.equal(compileRegex('[0-9]+').replaceAll('/1/22', '<$&>'), '/<1>/<22>');
  t.equal(compileRegex('^/(a)/(b)').replaceAll('/a/b/c', '/$2/$1$$'), '/b/a$/c');
  t.equal(compileRegex('x').replaceAll('/a', 'y'), '/a');
});

await t.test('groups are counted and named', async (t) => {
  const { groupCount, groupNames } = compileRegex('(a)(?P<id>b)(?:c)');
  t.equal(groupCount, 2);
  t.strictSame(groupNames, ['id']);
});

await t.test('what RE2 has not is refused at load', async (t) => {
  for (const source of ['(', '[a', '(?=a)', '(?<!a)', String.raw`(a)\1`, 'a{1001}']) t.throws(() => compileRegex(source), { name: 'RE2JSSyntaxException' }, source);
});

await t.test('a pattern that makes a backtracking engine hang is answered at once', async (t) => {
  const text = `/${'a'.repeat(16_000)}!`;
  const startMs = performance.now();
  for (const source of ['^/(a+)+$', '^/(a|aa)+$', '^/(.*a){20}$']) t.equal(compileRegex(source).test(text), false, source);
  t.ok(performance.now() - startMs < 5000, 'where a backtracking engine would need longer than there is time');
});
