import t from 'tap';
import { checkBroken } from '../../../helpers/config-text.ts';
import { settingsOf } from '../../../helpers/policies.ts';

function route(headers: string): string {
  return `routes: [{ respond: {}, headers: ${headers} }]`;
}

await t.test('each header can be said and turned off', async (t) => {
  const said = 'frame: deny, referrer: [no-referrer, same-origin], permissions: { camera: none }, coop: unsafe-none, coep: credentialless, corp: same-site, originAgentCluster: true, noSniff: true, dnsPrefetch: allow, downloadOptions: true, crossDomain: all, xss: true, csp: true, hsts: true';
  const security = settingsOf(`headers: { preset: off, ${said} }`).headers?.security;
  t.match(security, {
    frame: 'deny', referrer: ['no-referrer', 'same-origin'], permissions: 'camera=()', coop: 'unsafe-none', coep: 'credentialless', corp: 'same-site',
    originAgentCluster: true, noSniff: true, dnsPrefetch: 'allow', downloadOptions: true, crossDomain: 'all', xss: true, csp: {}, hsts: {},
  });
  const off = Object.keys(security ?? {}).map((name) => `${name}: off`).join(', ');
  t.strictSame(settingsOf(`headers: { preset: strict, ${off} }`).headers?.security, settingsOf('headers: { preset: off }').headers?.security);
});

await t.test('a word that is no choice is refused with those that are', async (t) => {
  checkBroken(t, [
    [route('»stict'), '`strict`'],
    [route('{ preset: »loose }'), 'standard, strict, api or off'],
    [route('{ frame: »denny }'), '`deny`'],
    [route('{ referrer: »[no-referrer, none] }').replace('»', '').replace('none]', '»none]'), 'no-referrer'],
    [route('{ permissions: { camera: »nobody } }'), '`none`'],
    [route('{ »contentSecurityPolicy: off }'), 'no option'],
  ]);
});
