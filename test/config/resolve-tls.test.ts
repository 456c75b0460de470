import path from 'node:path';
import t from 'tap';
import { makeCa, makePair } from '../helpers/certificates.ts';
import { checkBroken, configOf, loadText } from '../helpers/config-text.ts';

const { cert } = await makePair(await makeCa(), ['app.acme-inc.com', '*.wild.acme-inc.com']);

await t.test('a file that says nothing gets the documented defaults', async (t) => {
  t.strictSame(configOf('').tls, { certificates: [], storeDir: path.resolve('certs'), redisUrl: null, clients: [] });
});

await t.test('the store is a folder, or Redis beside the folder of the local authority', async (t) => {
  t.match(configOf('tls: { store: /var/lib/sluice }').tls, { storeDir: '/var/lib/sluice', redisUrl: null });
  t.match(configOf('tls: { store: "rediss://:${PW}@redis:6380" }', { env: { PW: 'pw' } }).tls, { storeDir: path.resolve('certs'), redisUrl: 'rediss://:pw@redis:6380/0' });
});

function messageFor(store: string, env: Record<string, string> = {}): string {
  try {
    loadText(`tls: { store: ${JSON.stringify(store)} }`, { env });
  } catch (error) {
    return JSON.stringify(error);
  }
  return 'loaded';
}

await t.test('threat: the password of a store is in no message', async (t) => {
  for (const said of [messageFor('redis://:geheim@host/x'), messageFor('redis://:geh/geheim@host'), messageFor('redis://:${PW}@host/x', { PW: 'geheim' })]) {
    t.match(said, /Redis server|redis:/);
    t.notMatch(said, 'geheim');
  }
});

await t.test('certificate files are found from the folder of the file, and must be readable', async (t) => {
  const files = { '/etc/sluice/a.pem': 'x', '/k.pem': 'y' };
  const { tls } = configOf('listen: { https: 443 }\ntls: { certificates: [{ cert: a.pem, key: /k.pem }] }', { files });
  t.strictSame(tls.certificates, [{ certFile: '/etc/sluice/a.pem', keyFile: '/k.pem' }]);
  checkBroken(t, [['tls: { certificates: [{ cert: a.pem, key: »b.pem }] }', 'cannot be read: there is no such file', '/etc/sluice']], { files });
});

await t.test('certificates without HTTPS are warned of', async (t) => {
  const { warnings } = loadText('tls: { certificates: [{ cert: a, key: a }] }', { files: { '/etc/sluice/a': '' } });
  t.match(warnings, [{ severity: 'warning', line: 1, column: 8, message: /`listen` has no `https`/ }]);
});

await t.test('what a certificate of the user covers is not expected of ACME', async (t) => {
  const files = { '/etc/sluice/a.crt': cert, '/etc/sluice/a.key': '' };
  const warned = (hosts: string): string[] => loadText(`listen: { http: 80, https: 443 }
tls: { certificates: [{ cert: a.crt, key: a.key }] }
acme: {}
routes: [{ host: [b.acme-inc.com, ${hosts}], respond: {} }]`, { files }).warnings.map(({ message }) => message);
  t.strictSame(warned('"*.wild.acme-inc.com"'), []);
  t.match(warned('"*.other.acme-inc.com"'), [/a wildcard needs the challenge/]);
  t.match(warned('"*.acme-inc.com"'), [/a wildcard needs the challenge/], 'one name below it is not all of them');
});
