import t from 'tap';
import { checkRequestHeaderName } from '../../src/config/request-field.ts';

await t.test('ordinary headers may be said to an upstream', async (t) => {
  for (const name of ['X-Api-Version', 'Authorization', 'Cookie', 'Accept-Encoding', 'X-User']) t.doesNotThrow(() => checkRequestHeaderName(name), name);
});

await t.test('threat: a route must not write over what only the gateway may say, under no alias', async (t) => {
  for (const [name, message] of [
    ['X-Forwarded-For', /trustedProxies/], ['x-forwarded-anything', /trustedProxies/], ['Forwarded', /trustedProxies/], ['X-Real-IP', /trustedProxies/], ['X_Forwarded_For', /trustedProxies/],
    ['X-Client-Cert-Subject', /who the client is/], ['X-Original-URL', /another path/], ['Host', /hostHeader/], ['Via', /by the gateway/], ['X-Request-Id', /by the gateway/],
  ] as const) t.throws(() => checkRequestHeaderName(name), { name: 'RangeError', message }, name);
});

await t.test('threat: framing and hop-by-hop headers are the connection\'s own', async (t) => {
  for (const name of ['Connection', 'Content-Length', 'Content_Length', 'Transfer-Encoding', 'TE', 'Trailer', 'Upgrade', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'HTTP2-Settings', 'Expect', 'Content-Encoding', 'a b', ':path']) {
    t.throws(() => checkRequestHeaderName(name), { name: 'RangeError' }, name);
  }
});
