import t from 'tap';
import { parseTokenPlace } from '../../../src/config/token-place.ts';
import { headersNamed, otherCookies, TokenPlaces } from '../../../src/policy/jwt/token-places.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

function find(places: readonly string[], headers: readonly string[], secretQuery: readonly (readonly [string, string])[] = [], url = '/'): string | null {
  const { exchange } = sampleExchange({ headers, url });
  exchange.secretQuery = new Map(secretQuery);
  return new TokenPlaces(places.map((place) => parseTokenPlace(place))).find(exchange);
}

await t.test('Authorization: Bearer, in any case', async (t) => {
  t.equal(find(['header'], ['Authorization', 'Bearer a.b.c']), 'a.b.c');
  t.equal(find(['header'], ['authorization', 'bEARER   a.b.c']), 'a.b.c');
  t.equal(find(['header'], ['Authorization', 'Bearer a.b.c d']), 'a.b.c d');
  t.equal(find(['header'], ['Authorization', 'Bearer']), '', 'a scheme without a token is a token that is not valid');
  for (const other of ['Basic YTpi', 'Bearera.b.c', 'Token a.b.c', '']) t.equal(find(['header'], ['Authorization', other]), null, other);
  t.equal(find(['cookie:a'], ['Authorization', 'Bearer a.b.c']), null);
});

await t.test('a header, a cookie, a parameter', async (t) => {
  t.equal(find(['header:X-Token'], ['x-token', 'a.b.c']), 'a.b.c');
  t.equal(find(['cookie:s'], ['Cookie', 'x=1; s=a.b.c; y']), 'a.b.c');
  t.equal(find(['cookie:s'], ['Cookie', 'x=1', 'cookie', ' s = a.b.c']), 'a.b.c');
  t.equal(find(['cookie:s'], ['Cookie', 'S=a; ss=b; x=s=c']), null);
  t.equal(find(['cookie:s'], ['Cookie', 's=; x=1']), null, 'a cookie that was emptied at logout is none');
  t.equal(find(['query:t'], [], [['t', 'a.b.c']]), 'a.b.c');
  t.equal(find(['query:t'], [], [['t', '']]), null);
  t.equal(find(['query:t'], []), null);
});

await t.test('threat: two tokens are refused, for nobody knows which one somebody else reads', async (t) => {
  const refused = (...args: Parameters<typeof find>): unknown => t.throws(() => find(...args), { name: 'TokenFault', problem: 'the request has more than one token' });
  refused(['header', 'cookie:s'], ['Authorization', 'Bearer a', 'Cookie', 's=b']);
  refused(['header', 'query:t'], ['Authorization', 'Bearer a'], [['t', 'a']]);
  refused(['cookie:s'], ['Cookie', 's=a; s=b']);
  refused(['cookie:s'], ['Cookie', 's=a', 'Cookie', 's=a']);
  refused(['header:X-Token'], ['X-Token', 'a', 'x-token', 'b']);
  for (const url of ['/?t=a&t=b', '/?t=a&%74=a']) refused(['query:t'], [], [['t', 'a']], url);
});

await t.test('other cookies are kept as they came', async (t) => {
  t.equal(otherCookies(['Cookie', 'a=1; s=x;b="2; c', 'X', '1', 'cookie', 's=y; d=\u00e4'], new Set(['s'])), 'a=1; b="2; c; d=\u00e4');
  t.equal(otherCookies(['Cookie', 's=x'], new Set(['s'])), null);
  t.equal(otherCookies([], new Set(['s'])), null);
});

await t.test('headers of some names, as they were written', async (t) => {
  t.strictSame(headersNamed(['X-Token', 'a', 'X_Token', 'b', 'X', 'c', 'x-token', 'd'], new Set(['x-token'])), ['X-Token', 'a', 'x-token', 'd']);
});
