import t from 'tap';
import { plainForm } from '../../src/observe/plain-form.ts';

await t.test('escapes are read, one in another, too', async (t) => {
  for (const written of ['010-1', '%30%31%30%2D%31', '%2530%2531%2530-1', '%25253010-1', '\\u0030\\u0031\\u0030-1', '\\x30\\x31\\x30-1', '%u003010-1', '%5Cu003010-1']) t.equal(plainForm(written), '010-1', written);
  t.equal(plainForm('%ED%99%8D'), '홍');
  t.equal(plainForm('100%'), '100%');
  t.equal(plainForm('%zz%4'), '%zz%4');
});

await t.test('digits and signs of other widths are the usual ones, also as bytes of a header, and what nobody sees is left out', async (t) => {
  t.equal(plainForm('０１０－１２３４'), '010-1234');
  t.equal(plainForm(Buffer.from('０１０－１２３４').toString('latin1')), '010-1234');
  t.equal(plainForm('010\u200b-\u20601234'), '010-1234');
  t.equal(plainForm('%EF%BC%90'), '0');
});

await t.test('threat: a long text of escapes takes no long time', async (t) => {
  const startMs = performance.now();
  for (const unit of ['%25', '%', '\\u0025', '\u00e9', '%2525', '%5Cx25']) for (let round = 0; round < 10; round += 1) plainForm(unit.repeat(2048 / unit.length));
  t.ok(performance.now() - startMs < 1000);
});
