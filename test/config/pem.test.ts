import t from 'tap';
import { isInline } from '../../src/config/pem.ts';
import { ClientCa } from '../helpers/client-certificates.ts';
import { checkBroken, configOf } from '../helpers/config-text.ts';

const ca = await ClientCa.make();
const UPSTREAM = 'routes: [{ upstream: a }]\nupstreams: { a: { targets: "https://a", tls: { ca: »FILE } } }';

function caOf(file: string, files: Readonly<Record<string, string>>): string | null | undefined {
  return configOf(UPSTREAM.replace('»FILE', file), { files }).upstreams[0]?.tls.ca;
}

await t.test('a path, or the text itself where `file:` has put it', async (t) => {
  t.equal(caOf('a.pem', { '/etc/sluice/a.pem': ca.cert }), ca.cert);
  t.equal(caOf('"file:./a.pem"', { '/etc/sluice/a.pem': ca.cert })?.trim(), ca.cert.trim());
  t.ok(isInline(ca.cert));
  t.notOk(isInline('/etc/a.pem'));
});

await t.test('text around the certificates is none of our business, a damaged one among them is', async (t) => {
  const bundle = `# our authority\n${ca.cert}\n${ca.cert}`;
  t.equal(caOf('a.pem', { '/etc/sluice/a.pem': bundle }), bundle);
  checkBroken(t, [[UPSTREAM.replace('FILE', 'a.pem'), 'holds no valid PEM certificate', 'BEGIN CERTIFICATE']], { files: { '/etc/sluice/a.pem': `${ca.cert}-----BEGIN CERTIFICATE-----\ncut` } });
});
