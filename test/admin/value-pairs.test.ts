import t from 'tap';
import type { ConfigValue } from '../../src/admin/config-values.ts';
import { differingPairs } from '../../src/admin/value-pairs.ts';

function values(said: Readonly<Record<string, string>>): ConfigValue[] {
  return Object.entries(said).map(([path, value]) => ({ path, value, from: 'f:1' }));
}

await t.test('changed and new in the order of the second, then what is gone', async (t) => {
  const pairs = differingPairs(values({ a: '1', gone: '2', b: '3', c: '4' }), values({ c: '4', added: '5', b: '6', a: '1' }), (before, after) => before.value === after.value);
  t.strictSame(pairs.map(({ path, before, after }) => [path, before?.value ?? null, after?.value ?? null]), [['added', null, '5'], ['b', '3', '6'], ['gone', '2', null]]);
  t.strictSame(differingPairs(values({ a: '1' }), values({ a: '2' }), () => true), [], 'who asks says what is the same');
});
