import t from 'tap';
import { isSecretHeader, isSecretParameter } from '../../src/config/secret-name.ts';

await t.test('headers that prove who somebody is are secret, by any name they go by', async (t) => {
  const secret = ['authorization', 'proxy-authorization', 'x-forwarded-authorization', 'cookie', 'set-cookie', 'x-api-key', 'apikey', 'x-auth', 'x-auth-token', 'x-csrf-token', 'x-access-key', 'ocp-apim-subscription-key', 'x-hub-signature-256', 'x-session-id', 'x-client-secret', 'x-password', 'x-jwt', 'cf-access-jwt-assertion'];
  t.strictSame(secret.filter((name) => !isSecretHeader(name)), []);
  const harmless = ['accept', 'host', 'user-agent', 'x-request-id', 'x-tenant', 'idempotency-key', 'sec-websocket-key', 'x-forwarded-for', 'author', 'keep-alive', 'x-keyboard'];
  t.strictSame(harmless.filter(isSecretHeader), []);
});

await t.test('so are query parameters', async (t) => {
  t.strictSame(['token', 'access_token', 'key', 'api_key', 'client_secret', 'code', 'token[]'].filter((name) => !isSecretParameter(name)), []);
  t.strictSame(['page', 'keyboard', 'zip_code', 'author'].filter(isSecretParameter), []);
});
