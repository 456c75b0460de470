import t from 'tap';
import { maskQuery, maskUrl, maskUserInfo } from '../../src/observe/secret-mask.ts';

await t.test('the value of a parameter that looks secret is not shown', async (t) => {
  const names = ['token', 'access_token', 'key', 'api_key', 'apikey', 'password', 'secret', 'signature', 'code', 'jwt', 'auth'];
  for (const name of [...names, 'Access-Token', 'X-Amz-Signature', 'client_secret', 'idToken', 'token[]', 'key[0]']) {
    t.equal(maskQuery(`?a=1&${name}=hunter2&b=2`), `?a=1&${name}=***&b=2`, name);
  }
});

await t.test('an escape in the name does not hide it', async (t) => {
  t.equal(maskQuery('?%74oken=hunter2'), '?%74oken=***');
  t.equal(maskQuery('?%zz%74oken=hunter2'), '?%zz%74oken=***', 'not even beside a broken escape');
  t.equal(maskQuery('?a=1;token=hunter2'), '?a=1;token=***', 'a semicolon separates for some servers');
});

await t.test('an ordinary parameter is shown as it is', async (t) => {
  for (const query of ['', '?', '?page=2', '?keyboard=qwerty', '?zip_code=12345', '?author=me', '?tokens', '?q=token', '?a=%41&b=%']) {
    t.equal(maskQuery(query), query);
  }
});

await t.test('a URL loses its credentials and its secret parameters', async (t) => {
  t.equal(maskUrl('https://me:pw@example.com/p?code=1&x=2#access_token=3'), 'https://***@example.com/p?code=***&x=2#access_token=***');
  t.equal(maskUrl('https://example.com/@me'), 'https://example.com/@me');
  t.equal(maskUserInfo('connect to redis://:pw@cache:6379 failed'), 'connect to redis://***@cache:6379 failed');
});
