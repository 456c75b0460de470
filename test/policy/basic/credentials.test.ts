import t from 'tap';
import { parseBasic } from '../../../src/policy/basic/credentials.ts';

function basic(text: string | Buffer): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

await t.test('name and password, of which the password may hold colons, and both UTF-8 (RFC 7617)', async (t) => {
  t.strictSame(parseBasic(basic('Aladdin:open sesame')), { user: 'Aladdin', password: 'open sesame' });
  t.strictSame(parseBasic(basic('test:123£:€')), { user: 'test', password: '123£:€' });
  t.strictSame(parseBasic(basic(':')), { user: '', password: '' });
  t.strictSame(parseBasic('bAsIc  YTpi'), { user: 'a', password: 'b' });
});

await t.test('other schemes are for others', async (t) => {
  for (const value of ['Bearer abc', 'Basically YTpi', '']) t.equal(parseBasic(value), null, value);
});

await t.test('what is not valid is refused without being repeated', async (t) => {
  const wrong = ['Basic', 'Basic !', 'Basic YTpi YTpi', basic('no colon'), basic(Buffer.from([0x61, 0x3a, 0xe9])), basic('a:secret\0hidden'), basic('a\nb:c')];
  for (const value of wrong) {
    t.throws(() => parseBasic(value), { name: 'RangeError' }, JSON.stringify(value));
    try {
      parseBasic(value);
    } catch (error) {
      t.notMatch(String(error), /secret|hidden/);
    }
  }
});
