import t from 'tap';
import { mergeLayers } from '../../../src/config/policies/merge-layers.ts';
import { Report } from '../../../src/config/report.ts';
import { Source } from '../../../src/config/source.ts';
import { Substitution } from '../../../src/config/substitute.ts';
import { keyAt, type Node, nodeAt, plainOf } from '../../../src/config/tree.ts';
import { parseYaml } from '../../../src/config/yaml.ts';

function nodeOf(text: string): Node {
  const report = new Report();
  const node = parseYaml(new Source('f.yaml', text), new Substitution({}, undefined, report), report);
  if (node === null) throw new Error(text);
  return node;
}

function merged(shorthand: string | null, ...layers: readonly string[]): unknown {
  const node = mergeLayers(layers.map(nodeOf), shorthand);
  return node === null ? null : plainOf(node);
}

await t.test('a more specific layer overrides key by key at every depth, and loses nothing of the rest', async (t) => {
  t.strictSame(merged(null, '{ preset: strict, set: { a: "1", b: "2" } }', '{ set: { b: "3", c: "4" } }', '{ keep: true }'), {
    preset: 'strict', set: { a: '1', b: '3', c: '4' }, keep: true,
  });
});

await t.test('lists and single values are replaced', async (t) => {
  t.strictSame(merged(null, '{ list: [1, 2], one: 1 }', '{ list: [3], one: { two: 2 } }'), { list: [3], one: { two: 2 } });
});

await t.test('off forgets what was said before, and what follows begins anew', async (t) => {
  t.equal(merged(null, '{ a: 1 }', 'off'), null);
  t.equal(merged(null, '{ a: 1 }', 'false'), null);
  t.strictSame(merged(null, '{ a: 1 }', 'off', '{ b: 2 }'), { b: 2 });
});

await t.test('true turns on what was said before; a short form stands for its option', async (t) => {
  t.strictSame(merged(null, '{ a: 1 }', 'true'), { a: 1 });
  t.strictSame(merged(null, 'true'), {});
  t.strictSame(merged('limits', '{ key: address, limits: [1/s] }', '10/min'), { key: 'address', limits: '10/min' });
  t.strictSame(merged('limits', '[10/min, 100/hour]'), { limits: ['10/min', '100/hour'] });
});

await t.test('every value and every key keeps the place where it was written', async (t) => {
  const below = nodeOf('{ set: { a: "1" } }');
  const above = nodeOf('{ set: { b: "2" } }');
  const node = mergeLayers([below, above], null);
  if (node === null) throw new Error('it is on');
  t.equal(nodeAt(node, ['set', 'a']).source, below.source);
  t.equal(keyAt(node, ['set', 'b']).source, above.source);
});
