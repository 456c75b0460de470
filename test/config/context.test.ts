import t from 'tap';
import { Context, listed } from '../../src/config/context.ts';
import { Report } from '../../src/config/report.ts';
import { Source } from '../../src/config/source.ts';
import type { MapNode } from '../../src/config/tree.ts';

await t.test('one value and a list of values are read alike, and know where they stand', async (t) => {
  t.strictSame(listed('a'), [{ item: 'a', steps: [] }]);
  t.strictSame(listed(['a', 'b']), [{ item: 'a', steps: [0] }, { item: 'b', steps: [1] }]);
});

await t.test('paths lead to values and keys', async (t) => {
  const source = new Source('a.yaml', 'k: v');
  const value = { source, start: 3, end: 4, kind: 'scalar', value: 'v', substituted: null } as const;
  const root: MapNode = { source, start: 0, end: 4, kind: 'map', entries: new Map([['k', { key: { source, start: 0, end: 1 }, value }]]) };
  const validated = { raw: { listen: {}, routes: [] }, isSound: () => true };
  const context = new Context(root, validated, () => new Uint8Array(), new Report());
  t.equal(context.at('k'), value);
  t.match(context.key('k'), { start: 0, end: 1 });
  t.equal(context.within('k').at(), value);
});

await t.test('a context for a part of the file knows which of it is valid', async (t) => {
  const source = new Source('a.yaml', 'a: { b: v }');
  const value = { source, start: 8, end: 9, kind: 'scalar', value: 'v', substituted: null } as const;
  const part: MapNode = { source, start: 3, end: 11, kind: 'map', entries: new Map([['b', { key: { source, start: 5, end: 6 }, value }]]) };
  const root: MapNode = { source, start: 0, end: 11, kind: 'map', entries: new Map([['a', { key: { source, start: 0, end: 1 }, value: part }]]) };
  const context = new Context(root, { isSound: (...path) => path.join('.') === 'a.b' }, () => new Uint8Array(), new Report()).within('a');
  t.equal(context.at('b'), value);
  t.match(context.key('b'), { start: 5, end: 6 });
  t.strictSame([context.isSound('b'), context.isSound()], [true, false]);
});
