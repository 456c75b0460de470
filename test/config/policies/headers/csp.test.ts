import t from 'tap';
import { checkBroken } from '../../../helpers/config-text.ts';
import { settingsOf } from '../../../helpers/policies.ts';

function directivesOf(options: string, more = ''): Readonly<Record<string, readonly string[]>> | null {
  const csp = settingsOf(`headers: { ${options} }`, more).headers?.security.csp ?? null;
  return csp === null ? null : csp.directives;
}

function route(csp: string): string {
  return `routes: [{ respond: {}, headers: { csp: ${csp} } }]`;
}

await t.test('directives take the place of those of the preset, and the others stay', async (t) => {
  const directives = directivesOf('preset: strict, csp: { script-src: [self, "https://cdn.example.com"], img-src: "*", upgrade-insecure-requests: false, sandbox: allow-forms }');
  t.match(directives, { 'default-src': ["'self'"], 'script-src': ["'self'", 'https://cdn.example.com'], 'img-src': ['*'], 'object-src': ["'none'"], 'sandbox': ['allow-forms'] });
  t.notOk(Object.keys(directives ?? {}).includes('upgrade-insecure-requests'));
});

await t.test('added sources come beside those that held so far, also where these came from default-src', async (t) => {
  t.match(directivesOf('preset: strict, csp: { add: { script-src: https://a.example, connect-src: "wss://b.example", object-src: https://c.example, script-src-elem: self } }'), {
    'script-src': ["'self'", 'https://a.example'], 'connect-src': ["'self'", 'wss://b.example'], 'object-src': ['https://c.example'], 'script-src-elem': ["'self'"],
  });
  t.strictSame(directivesOf('preset: api, csp: { add: { img-src: self } }'), { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'img-src': ["'self'"] });
});

await t.test('threat: what is added to one kind of script is added to what held for scripts, not in its place', async (t) => {
  t.match(directivesOf('preset: strict, csp: { script-src: https://only.example, add: { worker-src: self } }'), { 'script-src': ['https://only.example'], 'worker-src': ["'self'"] });
});

await t.test('a base of its own, or none', async (t) => {
  t.strictSame(directivesOf('csp: { frame-ancestors: [self, https://partner.example.com] }'), { 'frame-ancestors': ["'self'", 'https://partner.example.com'] });
  t.strictSame(directivesOf('preset: strict, csp: { base: none, default-src: self }'), { 'default-src': ["'self'"] });
  t.match(directivesOf('csp: { base: strict, img-src: "*" }'), { 'default-src': ["'self'"], 'img-src': ['*'] });
  t.match(directivesOf('csp: true'), { 'script-src': ["'self'"] });
  t.strictSame([directivesOf(''), directivesOf('preset: strict, csp: off'), directivesOf('preset: api, csp: false')], [null, null, null]);
});

await t.test('layers are joined directive by directive', async (t) => {
  t.match(directivesOf('csp: { img-src: "*" }', 'defaults: { headers: { preset: strict, csp: { script-src: https://a.example, reportOnly: true } } }'), { 'img-src': ['*'], 'script-src': ['https://a.example'] });
  t.match(settingsOf('headers: { csp: { img-src: "*" } }', 'defaults: { headers: { preset: strict, csp: { reportOnly: true } } }').headers?.security.csp, { reportOnly: true });
});

await t.test('what no browser would understand is refused at its place', async (t) => {
  checkBroken(t, [
    [route('{ »scriptsrc: self }'), '`script-src`'],
    [route('{ script-src: »true }'), 'needs sources'],
    [route('{ upgrade-insecure-requests: »yes }'), 'stands alone'],
    [route('{ script-src: »[none, self] }'), '`none` beside other sources'],
    [route('{ script-src: »"self; img-src *" }'), 'key of their own'],
    [route('{ add: { »img: self } }'), 'img-src'],
    [route('»{ base: none }'), 'no directives'],
    [route('»{}'), 'no directives'],
    [route('{ base: »loose }'), 'strict, api or none'],
  ]);
});
