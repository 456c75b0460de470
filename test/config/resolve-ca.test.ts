import t from 'tap';
import { makeCa } from '../helpers/certificates.ts';
import { checkBroken, configOf } from '../helpers/config-text.ts';

const HTTPS = 'listen: { http: 80, https: 443 }\nroutes: [{ host: app.acme-inc.com, respond: {} }]\n';
const KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';

function casOf(ca: string): unknown {
  return configOf(`${HTTPS}acme: { ca: ${ca} }`).acme?.cas;
}

await t.test('a known authority has its directories, with or without options', async (t) => {
  const letsencrypt = {
    name: 'letsencrypt', directory: 'https://acme-v02.api.letsencrypt.org/directory',
    stagingDirectory: 'https://acme-staging-v02.api.letsencrypt.org/directory', trust: null, eab: null, profile: null,
  };
  t.strictSame(casOf('letsencrypt'), [letsencrypt]);
  t.strictSame(casOf('{ name: letsencrypt, profile: shortlived }'), [{ ...letsencrypt, profile: 'shortlived' }]);
  t.match(casOf(`[letsencrypt-staging, { name: google, eab: { kid: a, hmacKey: ${KEY} } }]`), [
    { name: 'letsencrypt-staging', stagingDirectory: null },
    { name: 'google', directory: 'https://dv.acme-v02.api.pki.goog/directory', eab: { kid: 'a', hmacKey: KEY } },
  ]);
});

await t.test('any other has what the file says, and the name of its host', async (t) => {
  const { cert } = await makeCa();
  const yaml = `${HTTPS}acme: { ca: { directory: "https://ca.example.com:14000/dir", staging: "https://ca.example.com/staging", trust: ca.pem } }`;
  t.strictSame(configOf(yaml, { files: { '/etc/sluice/ca.pem': cert } }).acme?.cas, [
    { name: 'ca.example.com:14000', directory: 'https://ca.example.com:14000/dir', stagingDirectory: 'https://ca.example.com/staging', trust: cert, eab: null, profile: null },
  ]);
  t.match(configOf(`${HTTPS}acme: { ca: { name: zerossl, directory: "https://ca.example.com/" } }`).acme?.cas, [{ name: 'zerossl', directory: 'https://ca.example.com/', stagingDirectory: null, eab: null }]);
});

await t.test('an authority without a directory, without the binding it needs, or with a trust that is none is an error', async (t) => {
  checkBroken(t, [
    ['acme: { ca: »{ profile: a } }', '`directory` is missing', 'letsencrypt, letsencrypt-staging'],
    ['acme: { ca: »{ name: our-ca } }', '`directory` is missing'],
    ['acme: { ca: »zerossl }', '`zerossl` needs `eab`', 'hmacKey'],
    ['acme: { ca: [letsencrypt, »google] }', '`google` needs `eab`'],
    ['acme: { ca: »{ name: google } }', '`google` needs `eab`'],
    ['acme: { ca: { directory: "https://a.com/", trust: »ca.pem } }', 'holds no valid PEM certificate'],
    ['acme: { ca: { directory: "https://a.com/", trust: »none.pem } }', 'there is no such file'],
  ], { files: { '/etc/sluice/ca.pem': 'no' } });
});
