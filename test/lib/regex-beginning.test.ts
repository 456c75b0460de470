import * as fc from 'fast-check';
import t from 'tap';
import { compileRegex } from '../../src/lib/regex.ts';
import { regexBeginning } from '../../src/lib/regex-beginning.ts';

await t.test('the literal beginning ends before the first character that may vary', async (t) => {
  const cases: readonly (readonly [source: string, text: string])[] = [
    ['^/users/[0-9]+$', '/users/'], ['^/a.b', '/a'], [String.raw`^/a\.b/c`, '/a.b/c'], [String.raw`^\/a\/b`, '/a/b'], [String.raw`^/a\d`, '/a'],
    ['^/ab?c', '/a'], ['^/ab*', '/a'], ['^/ab{2}', '/a'], ['^/ab+c', '/ab'], [String.raw`^/a\.?b`, '/a'], ['^/(a|b)', '/'], ['^/a$', '/a'],
    ['^/[|]a', '/'], ['^/a[(]b|/c', ''], ['^/a|^/b', ''], ['^/a(b|c)|d', ''], ['^/a[^]|]b', '/a'], ['^/a[[:alpha:]|]b', '/a'], [String.raw`^/a\|b`, '/a|b'], [String.raw`^/a[\]|]`, '/a'],
    [String.raw`^/\Qa|b\E`, ''], ['/a', ''], [String.raw`\.php$`, ''], ['(?i)^/a', ''], ['^(?i)/a', ''], ['(^/a)', ''], ['^', ''], ['', ''], ['^/a\\', '/a'],
  ];
  for (const [source, text] of cases) t.equal(regexBeginning(source).text, text, source);
});

await t.test('a pattern that is nothing but its beginning is told apart', async (t) => {
  for (const source of ['', '.*', '^', '^/', '^/a', '^/a.*', '^/a.*$', String.raw`^/a\.b`]) t.equal(regexBeginning(source).isWhole, true, source);
  for (const source of ['^/a$', '^/a.', '^/a.+', 'a', '^/ab?', '^/a.*b', '^/a|b', '$']) t.equal(regexBeginning(source).isWhole, false, source);
});

await t.test('property: whatever the pattern matches begins as it says', async (t) => {
  const pattern = fc.array(fc.constantFrom('/', 'a', 'b', '|', '(', ')', '[', ']', '^', '$', '.', '*', '?', '+', String.raw`\.`, String.raw`\|`, '{2}', '[^]a]', '(?:'), { maxLength: 9 });
  const path = fc.string({ unit: fc.constantFrom('/', 'a', 'b', '.', '|', ']'), maxLength: 6 }).map((text) => `/${text}`);
  let matched = 0;
  fc.assert(
    fc.property(pattern.map((parts) => `^/${parts.join('')}`), fc.array(path, { minLength: 1, maxLength: 8 }), (source, paths) => {
      let regex;
      try {
        regex = compileRegex(source);
      } catch {
        return true;
      }
      const { text, isWhole } = regexBeginning(source);
      return paths.every((candidate) => {
        if (isWhole && !regex.test(text + candidate)) return false;
        if (!regex.test(candidate)) return true;
        matched += 1;
        return candidate.startsWith(text);
      });
    }),
    { numRuns: 3000 },
  );
  t.ok(matched > 500, `the generator makes pairs that match: ${matched}`);
});
