import t from 'tap';
import { parseTokenPlace } from '../../src/config/token-place.ts';

await t.test('places where a token may stand', async (t) => {
  t.strictSame(parseTokenPlace('header'), { in: 'bearer', name: '' });
  t.strictSame(parseTokenPlace('header:Cf-Access-Jwt-Assertion'), { in: 'header', name: 'cf-access-jwt-assertion' });
  t.strictSame(parseTokenPlace('cookie:Session'), { in: 'cookie', name: 'Session' });
  t.strictSame(parseTokenPlace('query:access_token'), { in: 'query', name: 'access_token' });
});

await t.test('what is no place is refused', async (t) => {
  for (const text of ['', 'body', 'cookie', 'cookie:', 'cookie:a b', 'query:', `query:${'q'.repeat(101)}`, 'header:', 'header:a b', 'header:Authorization', 'header:Cookie', 'Header']) {
    t.throws(() => parseTokenPlace(text), { name: 'RangeError' }, text);
  }
});
