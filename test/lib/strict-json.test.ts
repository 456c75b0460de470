import { assert, constantFrom, jsonValue, property } from 'fast-check';
import t from 'tap';
import { jsonDoubt } from '../../src/lib/strict-json.ts';

const DEPTH = 8;

await t.test('a member that is there twice is found, however it is written and wherever it stands', async (t) => {
  for (const text of ['{"a":1,"a":1}', '{"alg":1,"al\\u0067":2}', '[{"b":{"a":1,"c":[],"a":2}}]', '{"":1,"":2}', '{"a":1 , "a" \n: 2}', '{"__proto__":1,"__proto__":2}', '{"\\"":1,"\\u0022":2}']) {
    t.equal(jsonDoubt(text, DEPTH), 'it has a member twice', text);
  }
});

await t.test('the same name in different maps, in values and in lists is no member twice', async (t) => {
  for (const text of ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', '{"a":"a","b":"a"}', '["a","a"]', '{"a":"\\"a\\":1","b":"\\\\"}', '"a"', '{}', '{"a":"a:a"}', '{"a":"{","b":"}"}']) t.equal(jsonDoubt(text, DEPTH), null, text);
});

await t.test('nesting has a bound', async (t) => {
  t.equal(jsonDoubt('[[[[[[[[1]]]]]]]]', DEPTH), null);
  t.equal(jsonDoubt('[[[[[[[[[1]]]]]]]]]', DEPTH), 'it is nested deeper than 8 levels');
  t.equal(jsonDoubt('{"a":'.repeat(9) + '1' + '}'.repeat(9), DEPTH), 'it is nested deeper than 8 levels');
});

await t.test('nothing that JSON.stringify writes is doubted', async () => {
  assert(property(jsonValue({ maxDepth: 5 }), constantFrom(0, 1), (value, space) => jsonDoubt(JSON.stringify(value, null, space), 100) === null));
});
