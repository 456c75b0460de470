import t from 'tap';
import { sentValue } from '../../src/exchange/sent-value.ts';

await t.test('threat: a value from a token cannot begin a header of its own', async (t) => {
  t.equal(sentValue('a\r\nX-Admin: 1'), 'a X-Admin: 1');
  t.equal(sentValue('a\0b\n'), 'a b');
});

await t.test('what is not ASCII goes as UTF-8', async (t) => {
  t.equal(Buffer.from(sentValue('Jörg 김'), 'latin1').toString('utf8'), 'Jörg 김');
  t.equal(sentValue('plain'), 'plain');
});
