import t from 'tap';
import { tableLines } from '../../src/cli/table.ts';
import { textWidth } from '../../src/cli/text-width.ts';

const COLUMNS = [{ heading: 'ROUTE', givesWay: true }, { heading: 'N', isNumber: true }, { heading: 'REASON', givesWay: true }];
const ROWS = [['a', '1', 'short'], ['app.example.com/주문/*', '1000', 'a reason that is longer than all that stands before it']];

function paint(text: string): string {
  return `<${text}>`;
}

await t.test('columns stand below each other, numbers by their last digit', async (t) => {
  t.strictSame(tableLines(COLUMNS, ROWS), [
    'ROUTE                      N  REASON',
    'a                          1  short',
    'app.example.com/주문/*  1000  a reason that is longer than all that stands before it',
  ]);
  t.strictSame(tableLines(COLUMNS, []), ['ROUTE  N  REASON']);
  t.strictSame(tableLines(COLUMNS, [['a']]), ['ROUTE  N  REASON', 'a']);
});

await t.test('the longest texts are cut where there is no room, then columns are left out', async (t) => {
  t.strictSame(tableLines(COLUMNS, ROWS, 50), [
    'ROUTE                     N  REASON',
    'a                         1  short',
    'app.example.com/주문…  1000  a reason that is lon…',
  ]);
  const wide: number[] = [];
  for (let width = 1; width <= 100; width++) if (tableLines(COLUMNS, ROWS, width).some((line) => textWidth(line) > width)) wide.push(width);
  t.strictSame(wide, []);
  t.equal(tableLines(COLUMNS, ROWS, 20)[0], 'ROUTE        N');
});

await t.test('a colour takes no room and paints no space', async (t) => {
  t.strictSame(tableLines([{ heading: 'A' }, { heading: 'NUMBER', isNumber: true }, { heading: 'C' }], [[{ text: 'x', paint }, { text: '1', paint }, 'c']]), ['A  NUMBER  C', '<x>       <1>  c']);
});

await t.test('threat: a text from outside cannot drive the terminal or begin a line', async (t) => {
  const [, row = ''] = tableLines([{ heading: 'A' }], [['\u001b[2J\r\nx\u009b31m\u202e']]);
  t.equal(row, String.raw`\u001b[2J\u000d\u000ax\u009b31m\u202e`);
});
