import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('what is wrong in the options of certificates is said at its place', async (t) => {
  checkBroken(t, [
    ['tls: { certificates: [»{ cert: a.pem }] }', '`key` is missing'],
    ['tls: { store: »"" }', 'not the path of a file'],
    ['tls: { store: »s3://bucket }', 'a folder, or a Redis server'],
    ['tls: { »certs: [] }', 'no option `certs`'],
    ['tls: { clients: [»{ hosts: [a.com] }] }', '`ca` is missing'],
    ['tls: { clients: [»{ ca: a.pem }] }', '`hosts` is missing'],
    ['tls: { clients: [{ hosts: a.com, ca: a.pem, mode: »required }] }', '`require` or `request`', 'Did you mean `require`?'],
    ['tls: { clients: [{ hosts: a.com, ca: a.pem, »header: true }] }', 'Did you mean `headers`?'],
    ['tls: { clients: [{ hosts: »"a.com:443", ca: a.pem }] }', 'a host has no port'],
    ['tls: { clients: [{ hosts: »[], ca: a.pem }] }', 'empty list'],
    ['tls: { clients: »{ hosts: a.com, ca: a.pem } }', 'a list of'],
  ]);
});
