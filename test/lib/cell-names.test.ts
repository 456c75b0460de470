import t from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';

function names(columns: number): { readonly cells: CellNames; readonly cleared: number[] } {
  const cleared: number[] = [];
  return { cells: new CellNames(columns, (column) => cleared.push(column)), cleared };
}

await t.test('each name has a column of its own, once however often it is named', async (t) => {
  const { cells, cleared } = names(3);
  const index = cells.take(['a', 'b', 'a']);
  t.strictSame(Object.entries(index), [['a', 0], ['b', 1]]);
  t.strictSame(cleared, [0, 1]);
});

await t.test('a name keeps its column while somebody uses it, and is not cleared by the next user', async (t) => {
  const { cells, cleared } = names(3);
  const old = cells.take(['a', 'b']);
  const next = cells.take(['b', 'c']);
  t.equal(next['b'], old['b']);
  cells.release(old);
  t.strictSame(cleared, [0, 1, 2]);
  t.equal(cells.take(['b'])['b'], old['b']);
  t.equal(cells.take(['d'])['d'], old['a'], 'what nobody uses is given away');
  t.strictSame(cleared, [0, 1, 2, 0], 'and cleared first');
});

await t.test('more names than columns are refused, and nothing is taken', async (t) => {
  const { cells, cleared } = names(2);
  const index = cells.take(['a']);
  t.throws(() => cells.take(['b', 'c']), new RangeError('2 shared cells wanted, 1 left of 2'));
  t.strictSame(cleared, [0]);
  t.doesNotThrow(() => cells.take(['a', 'b']));
  cells.release(index);
  t.throws(() => cells.take(['c']), RangeError, 'a is still used');
});

await t.test('ten thousand reloads use no more columns than two generations have', async (t) => {
  const { cells } = names(4);
  let current = cells.take(['common', 'route 0']);
  for (let i = 1; i < 10_000; i++) {
    const next = cells.take(['common', `route ${i}`]);
    cells.release(current);
    current = next;
  }
  t.equal(current['common'], 0);
});

await t.test('names of object members are names like any others', async (t) => {
  const { cells } = names(3);
  const index = cells.take(['__proto__', 'constructor', 'toString']);
  t.strictSame(['__proto__', 'constructor', 'toString'].map((name) => index[name]), [0, 1, 2]);
  cells.release(index);
  t.equal(cells.take(['x'])['x'], 2);
});
