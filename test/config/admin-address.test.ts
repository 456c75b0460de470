import t from 'tap';
import { loadAdminAddress } from '../../src/config/admin-address.ts';
import { ConfigError } from '../../src/config/diagnostic.ts';

const addressOf = (text: string): unknown => loadAdminAddress('a.yaml', { env: { A: '9191' }, readFile: () => Buffer.from(text) });

await t.test('the address of the admin server is found, also in a file with mistakes elsewhere', async (t) => {
  t.strictSame(addressOf('listen: { admin: 9091 }\nrouts: 1'), { host: '127.0.0.1', port: 9091 });
  t.strictSame(addressOf('listen: { admin: "${A}" }'), { host: '127.0.0.1', port: 9191 });
  t.strictSame(addressOf('routes: []'), { host: '127.0.0.1', port: 9090 });
  t.equal(addressOf('listen: { admin: off }'), null);
});

await t.test('an address that cannot be read is an error with its place', async (t) => {
  t.throws(() => addressOf('listen:\n  admin: here'), ConfigError);
  t.throws(() => addressOf('listen: ['), ConfigError);
});
