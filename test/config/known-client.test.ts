import t from 'tap';
import { missingWays } from '../../src/config/known-client.ts';
import { parseRequestKey } from '../../src/config/request-key.ts';

await t.test('a key of a client that is known needs the policy that knows it', async (t) => {
  t.strictSame(missingWays(parseRequestKey('jwt:sub'), { jwt: null, apiKey: {} }), ['jwt']);
  t.strictSame(missingWays(parseRequestKey('apiKey'), {}), ['apiKey']);
  t.strictSame(missingWays(parseRequestKey('apiKey'), { apiKey: {} }), []);
  t.strictSame(missingWays(parseRequestKey('user'), { ip: {} }), ['jwt', 'apiKey', 'basic', 'forwardAuth']);
  t.strictSame(missingWays(parseRequestKey('user'), { basic: {} }), []);
});

await t.test('all other keys need nothing', async (t) => {
  for (const text of ['address', 'route', 'global', 'header:jwt', 'cookie:a', 'query:a']) t.strictSame(missingWays(parseRequestKey(text), {}), [], text);
});
