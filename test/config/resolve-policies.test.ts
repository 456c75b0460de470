import t from 'tap';
import { checkBroken, configOf, loadText } from '../helpers/config-text.ts';

const SETS = 'policies: { office: { ip: { allow: 10.0.0.0/8 } }, strict: { ip: { allow: 10.1.0.0/16, deny: 10.1.0.1 } } }';

await t.test('a route has what defaults, its sets and it itself say, the more specific one last', async (t) => {
  const { routes, noRoutePolicies } = configOf(`
defaults: { ip: { deny: 192.0.2.1 }, headers: api, cors: { maxAge: 1h } }
${SETS}
routes:
  - { path: /defaults, respond: {}, cors: https://a.test }
  - { path: /set, cors: off, respond: {}, use: office }
  - { path: /sets, cors: off, respond: {}, use: [office, strict] }
  - { path: /own, cors: off, respond: {}, use: strict, ip: { allow: 10.2.0.0/16 } }
  - { path: /off, cors: off, respond: {}, ip: off }`);
  t.strictSame(routes.map(({ policies }) => policies.ip), [
    { allow: null, deny: ['192.0.2.1/32'] },
    { allow: ['10.0.0.0/8'], deny: ['192.0.2.1/32'] },
    { allow: ['10.1.0.0/16'], deny: ['10.1.0.1/32'] },
    { allow: ['10.2.0.0/16'], deny: ['10.1.0.1/32'] },
    null,
  ]);
  t.match([noRoutePolicies.ip, noRoutePolicies.cors, noRoutePolicies.headers], [null, null, routes[0]?.policies.headers], 'what belongs to no route has what is about answers');
});

await t.test('routes that say the same share one object, so that ten thousand of them cost what one does', async (t) => {
  const { routes } = configOf(`
defaults: { ip: { deny: 192.0.2.1 } }
${SETS}
routes: [{ path: /a, respond: {} }, { path: /b, respond: {} }, { path: /c, respond: {}, use: office }, { path: /d, respond: {}, use: office }, { path: /e, respond: {}, use: strict }]`);
  const [a, b, c, d] = routes.map(({ policies }) => policies.ip);
  t.equal(a, b);
  t.equal(c, d);
  t.not(a, c);
});

await t.test('a set that is not there, a set with an error, and a broken default are reported once, at their place', async (t) => {
  checkBroken(t, [
    [`${SETS}\nroutes: [{ respond: {}, use: [strict, »ofice] }, { path: /b, respond: {}, use: office }]`, 'Did you mean `office`?'],
    ['defaults: { ip: { allow: »10.0.0.0/99 } }\nroutes: [{ path: /a, respond: {} }, { path: /b, respond: {} }]', 'prefix length'],
    ['defaults: { ip: »{} }\nroutes: [{ path: /a, respond: {} }, { path: /b, respond: {} }]', 'lets everybody in'],
    ['policies: { a: { »ipp: {} } }\nroutes: [{ respond: {}, use: a }]', 'Did you mean `ip`?'],
  ]);
});

await t.test('a set that nobody uses is a warning', async (t) => {
  const { warnings } = loadText(SETS);
  t.strictSame(warnings.map(({ message }) => message), ['no route uses the set `office`', 'no route uses the set `strict`']);
});
