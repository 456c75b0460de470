import t from 'tap';
import { isPublicHost } from '../../src/config/public-host.ts';

await t.test('a public host has a dot and an ending that the internet has', async (t) => {
  for (const host of ['acme-inc.com', 'a.b.co.uk', '*.acme-inc.com', 'xn--bcher-kva.ch', 'home.com', 'local.dev']) t.ok(isPublicHost(host), host);
});

await t.test('addresses, single words, private endings and names with an underscore are not public', async (t) => {
  const hosts = [
    'localhost', 'app', '10.0.0.1', '8.8.8.8', '[::1]', 'a.localhost', 'printer.local', 'db.internal', 'a.test', 'a.invalid', 'a.example', 'nas.lan',
    'nas.home', 'a.corp', 'nas.home.arpa', 'home.arpa', 'x.onion', '*.internal', '*.lan', 'my_app.acme-inc.com', '*.com',
  ];
  for (const host of hosts) t.notOk(isPublicHost(host), host);
});
