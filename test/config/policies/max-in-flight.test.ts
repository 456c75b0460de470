import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';
import { faultsOfRoute, settingsOf } from '../../helpers/policies.ts';

await t.test('a number alone is the limit of the route', async (t) => {
  t.strictSame(settingsOf('maxInFlight: 100').maxInFlight, { requestsMax: 100, longLivedMax: null, key: { of: 'route', name: '' }, zone: null, status: 429 });
  t.equal(settingsOf('maxInFlight: off').maxInFlight, null);
  t.equal(settingsOf('').maxInFlight, null);
});

await t.test('each option is read', async (t) => {
  t.strictSame(settingsOf('maxInFlight: { limit: 10, longLived: 3, key: "header:X-Tenant", zone: shop, status: 503 }').maxInFlight, {
    requestsMax: 10, longLivedMax: 3, key: { of: 'header', name: 'x-tenant' }, zone: 'shop', status: 503,
  });
  t.match(settingsOf('maxInFlight: { longLived: 3 }').maxInFlight, { requestsMax: null, longLivedMax: 3 });
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, maxInFlight: »0 }]', 'a whole number from 1'],
    ['routes: [{ respond: {}, maxInFlight: { limit: »0 } }]', 'from 1'],
    ['routes: [{ respond: {}, maxInFlight: »{ key: address } }]', 'is not said', '`limit`'],
    ['routes: [{ respond: {}, maxInFlight: { limit: 1, status: »500 } }]', '429 or 503'],
    ['routes: [{ respond: {}, maxInFlight: { limit: 1, key: »path } }]', '`route`'],
    ['routes: [{ respond: {}, maxInFlight: { limit: 1, »wait: 1s } }]', 'wait'],
  ]);
});

await t.test('a key of a client that nobody knows is refused', async (t) => {
  for (const [key, word] of [['user', '`jwt` or `apiKey`'], ['apiKey', '`apiKey`'], ['jwt:sub', '`jwt`']] as const) {
    t.match(faultsOfRoute(`maxInFlight: { limit: 1, key: "${key}" }`), [new RegExp(`nothing on this route says who a client is.*${word}`)]);
  }
});
