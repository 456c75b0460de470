import t from 'tap';
import { KeyPlaces } from '../../../src/policy/api-key/key-places.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

const CHALLENGE = ['WWW-Authenticate', 'ApiKey'];

interface Shown {
  readonly headers?: readonly string[];
  readonly url?: string;
}

/** What is found as `from:key`; '' for none, and the code of what is thrown. */
function found(places: { header?: string; scheme?: string; query?: string }, { headers = [], url = '/' }: Shown): string {
  const { header = null, scheme = null, query = null } = places;
  const { exchange } = sampleExchange({ url, headers: ['Host', 'a.test', ...headers] });
  const value = query === null ? null : new URL(url, 'http://a.test').searchParams.get(query);
  if (query !== null && value !== null) exchange.secretQuery = new Map([[query, value]]);
  try {
    const key = new KeyPlaces({ header, scheme, query }, CHALLENGE).find(exchange);
    return key === null ? '' : `${key.from}:${key.bytes.toString('latin1')}`;
  } catch (error) {
    t.match(error, { code: 'unauthorized', headers: CHALLENGE });
    return 'unauthorized';
  }
}

await t.test('in a header of its own, whatever its case', async (t) => {
  const places = { header: 'X-API-Key' };
  t.equal(found(places, { headers: ['x-api-key', 'abc'] }), 'header:abc');
  t.equal(found(places, { headers: ['X-Api-Key', ''] }), 'header:', 'empty is shown, and not valid');
  t.equal(found(places, { headers: ['X_API_Key', 'abc', 'Authorization', 'Bearer abc'] }), '');
});

await t.test('behind a scheme of Authorization, and behind no other', async (t) => {
  const places = { scheme: 'Bearer' };
  t.equal(found(places, { headers: ['Authorization', 'bearer  abc '] }), 'scheme:abc');
  t.equal(found(places, { headers: ['Authorization', 'Bearer'] }), 'scheme:');
  t.equal(found(places, { headers: ['Authorization', 'Basic abc'] }), '');
  t.equal(found(places, { headers: ['Authorization', 'Bearerabc'] }), '');
  t.equal(found(places, { headers: ['X-API-Key', 'abc'] }), '');
});

await t.test('in the query, where that is said', async (t) => {
  t.equal(found({ header: 'X-API-Key', query: 'key' }, { url: '/a?x=1&key=a%20b' }), 'query:a b');
  t.equal(found({ header: 'X-API-Key' }, { url: '/a?key=abc' }), '');
});

await t.test('threat: a request with two keys is refused, be they the same', async (t) => {
  const places = { header: 'X-API-Key', scheme: 'Bearer', query: 'key' };
  const both: readonly Shown[] = [
    { headers: ['X-API-Key', 'abc', 'x-api-key', 'abc'] },
    { headers: ['X-API-Key', 'abc'], url: '/?key=abc' },
    { headers: ['X-API-Key', 'abc', 'Authorization', 'Bearer abc'] },
    { url: '/?key=abc&key=abc' },
    { url: '/?key=abc&k%65y=' },
  ];
  for (const shown of both) t.equal(found(places, shown), 'unauthorized', JSON.stringify(shown));
});
