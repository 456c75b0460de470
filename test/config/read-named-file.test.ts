import t from 'tap';
import { checkBroken, configOf } from '../helpers/config-text.ts';

function yaml(name: string): string {
  return `listen: { https: 443 }\ntls: { certificates: [{ cert: »${name}, key: /k.pem }] }`;
}

await t.test('a file is found from the folder of the configuration, and one that cannot be read is an error where it is named', async (t) => {
  const files = { '/etc/sluice/sub/a.pem': '', '/k.pem': '' };
  t.match(configOf(yaml('sub/a.pem').replace('»', ''), { files }).tls.certificates, [{ certFile: '/etc/sluice/sub/a.pem' }]);
  checkBroken(t, [[yaml('a.pem'), 'cannot be read: there is no such file', 'Relative paths start at /etc/sluice.']], { files });
});
