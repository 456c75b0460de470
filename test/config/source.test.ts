import t from 'tap';
import { Source } from '../../src/config/source.ts';

await t.test('offsets have 1-based lines and columns', async (t) => {
  const source = new Source('a.yaml', 'one\r\ntwo\n\nfour');
  t.strictSame(source.positionOf(0), { line: 1, column: 1 });
  t.strictSame(source.positionOf(5), { line: 2, column: 1 });
  t.strictSame(source.positionOf(9), { line: 3, column: 1 });
  t.strictSame(source.positionOf(13), { line: 4, column: 4 });
});

await t.test('a line is shown without its end', async (t) => {
  const source = new Source('a.yaml', 'one\r\ntwo\n\nfour');
  t.strictSame([1, 2, 3, 4].map((line) => source.lineText(line)), ['one', 'two', '', 'four']);
});

await t.test('the folder is that of the file', async (t) => {
  t.equal(new Source('/etc/sluice/a.yaml', '').folder, '/etc/sluice');
});
