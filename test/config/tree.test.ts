import t from 'tap';
import { Source } from '../../src/config/source.ts';
import { isSubstituted, keyAt, type MapNode, type Node, nodeAt, plainOf, shown } from '../../src/config/tree.ts';

const source = new Source('a.yaml', 'k: [1, x]');
const one: Node = { source, start: 4, end: 5, kind: 'scalar', value: 1, substituted: null };
const secret: Node = { source, start: 7, end: 8, kind: 'scalar', value: 'hush', substituted: { text: 'hush', label: '${X}' } };
const list: Node = { source, start: 3, end: 9, kind: 'list', items: [one, secret] };
const root: MapNode = { source, start: 0, end: 9, kind: 'map', entries: new Map([['k', { key: { source, start: 0, end: 1 }, value: list }]]) };

await t.test('a tree is plain data for the schema', async (t) => {
  t.strictSame(plainOf(root), { k: [1, 'hush'] });
});

await t.test('a path leads to its node, or as far as the file goes', async (t) => {
  t.equal(nodeAt(root, ['k', 0]), one);
  t.equal(nodeAt(root, ['k', '1']), secret);
  t.equal(nodeAt(root, ['k', 5, 'x']), list);
  t.equal(nodeAt(root, ['nope']), root);
});

await t.test('a key is pointed at where there is one, else the value', async (t) => {
  t.match(keyAt(root, ['k']), { start: 0, end: 1 });
  t.equal(keyAt(root, ['k', 0]), one);
});

await t.test('a message shows what was written, never what was put in', async (t) => {
  t.equal(shown(one), '`1`');
  t.equal(shown(secret), 'the value of ${X}');
  t.equal(shown(list), 'this list');
  t.ok(shown({ ...one, value: 'x'.repeat(500) }).length < 100);
  t.ok(isSubstituted(root));
  t.notOk(isSubstituted(one));
});
