import t from 'tap';
import { reasonWords } from '../../src/balance/reason-words.ts';
import { Reason } from '../../src/lib/slots.ts';

await t.test('every reason has words of its own', async (t) => {
  const words = Object.values(Reason).map((reason) => reasonWords(reason));
  t.equal(new Set(words).size, words.length);
  t.notOk(words.some((text) => /[0-9]/.test(text)), 'and none is shown as a number');
});

await t.test('what a newer thread writes is shown as it is', async (t) => {
  t.equal(reasonWords(99), 'reason 99');
});
