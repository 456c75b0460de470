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
});
