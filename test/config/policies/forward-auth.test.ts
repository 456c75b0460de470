import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

await t.test('a URL is enough', async (t) => {
  t.strictSame(settingsOf('forwardAuth: "http://auth:4180/verify"').forwardAuth, {
    url: 'http://auth:4180/verify', timeoutMs: 5000, headers: ['cookie', 'authorization', 'accept', 'accept-language', 'user-agent', 'x-requested-with'],
    forward: [], user: null, roles: null, cacheMs: 0,
  });
  t.equal(settingsOf('forwardAuth: off').forwardAuth, null);
});

await t.test('what is sent, kept and told can be said', async (t) => {
  t.match(settingsOf('forwardAuth: { url: "https://auth/x?y=1", headers: [Cookie, X-Tenant], forward: [X-User, Authorization], user: X-User, roles: X-Groups, cache: 10s, timeout: 1s }').forwardAuth, {
    headers: ['cookie', 'x-tenant'], forward: ['X-User', 'Authorization'], user: 'x-user', roles: 'x-groups', cacheMs: 10_000, timeoutMs: 1000,
  });
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, forwardAuth: »{} }]', '`url`'],
    ['routes: [{ respond: {}, forwardAuth: »auth:4180 }]', 'http://'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", headers: [Cookie, »X-Forwarded-For] } }]', 'X-Forwarded-*'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", headers: »If-None-Match } }]', 'not sent'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", forward: [X-User, »Cookie] } }]', 'X-User'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", user: »User-Agent } }]', 'X-User'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", timeout: »2m } }]', 'up to 60s'],
    ['routes: [{ respond: {}, forwardAuth: { url: "http://a", cache: »1h } }]', 'up to 10m'],
  ]);
});
