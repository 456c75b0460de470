import t from 'tap';
import { cookieValue, headerValue, queryValue } from '../../src/balance/request-fields.ts';

await t.test('a header is found whatever its case; of several lines the first counts', async (t) => {
  const headers = ['Host', 'a.test', 'X-TENANT', 'one', 'x-tenant', 'two'];
  t.equal(headerValue(headers, 'x-tenant'), 'one');
  t.equal(headerValue(headers, 'x-tenan'), '');
  t.equal(headerValue([], 'x-tenant'), '');
});

await t.test('a cookie is found by its whole name, on any line', async (t) => {
  const cases: readonly (readonly [line: string, value: string])[] = [
    ['sid=1', '1'], ['a=b; sid=1; c=d', '1'], ['a=b;sid=1', '1'], ['xsid=2; sid=1', '1'], ['sid=1; sid=2', '1'], ['sid=a=b', 'a=b'],
    ['a="x; sid=3"', '3"'], ['sid = 1', ''], ['SID=1', ''], ['sid', ''], ['sidx=1', ''], ['', ''], [';;; ', ''], ['a=sid=1', ''], ['sid= 1 ; x=y', '1'],
  ];
  for (const [line, value] of cases) t.equal(cookieValue(['Host', 'a.test', 'Cookie', line], 'sid'), value, line);
  t.equal(cookieValue(['cookie', 'a=1', 'COOKIE', 'sid=2'], 'sid'), '2', 'HTTP/2 sends a line for each');
  t.equal(cookieValue(['Set-Cookie', 'sid=2'], 'sid'), '');
});

await t.test('a query parameter is found by its whole name, and decoded', async (t) => {
  const cases: readonly (readonly [query: string, value: string])[] = [
    ['?user=1', '1'], ['?a=b&user=1&c=d', '1'], ['?xuser=2&user=1', '1'], ['?user=1&user=2', '1'], ['?user=a=b', 'a=b'], ['?user', ''], ['?user=', ''],
    ['?userx=1', ''], ['', ''], ['?', ''], ['?&&', ''], ['?user=%41+b', 'A b'], ['?us%65r=1', '1'], ['?user=%', '%'], ['?x=%41', ''],
  ];
  for (const [query, value] of cases) t.equal(queryValue(query, 'user'), value, query);
});

await t.test('long values are read once from end to end', async (t) => {
  const startNs = process.hrtime.bigint();
  cookieValue(['Cookie', ' ;'.repeat(500_000)], 'sid');
  queryValue(`?${'&user'.repeat(500_000)}`, 'user');
  const ms = Number(process.hrtime.bigint() - startNs) / 1e6;
  t.ok(ms < 1000, `${ms.toFixed(0)} ms for two megabytes and a half`);
});
