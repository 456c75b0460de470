import t from 'tap';
import { cutToWidth, textWidth } from '../../src/cli/text-width.ts';

await t.test('a text is as wide as a terminal shows it', async (t) => {
  const cases: readonly (readonly [text: string, width: number])[] = [['', 0], ['abc', 3], ['ü…é', 3], ['주문', 4], ['注文/orders', 11], ['ｗ', 2], ['e\u0301', 1], ['🙂', 2], ['a\u200bb', 2]];
  t.strictSame(cases.map(([text]) => textWidth(text)), cases.map(([, width]) => width));
});

await t.test('what is cut says so, and is never wider than it may be', async (t) => {
  t.equal(cutToWidth('abcdef', 6), 'abcdef');
  t.equal(cutToWidth('abcdef', 5), 'abcd…');
  t.equal(cutToWidth('주문서', 5), '주문…');
  t.equal(cutToWidth('주문서', 4), '주…', 'a wide character has no half');
  t.equal(cutToWidth('abc', 1), '…');
  t.equal(cutToWidth('abc', 0), '');
  t.equal(cutToWidth('abc', -3), '');
  t.equal(cutToWidth('abc', Infinity), 'abc');
});
