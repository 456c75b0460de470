import t from 'tap';
import { checkBroken, configOf } from '../../helpers/config-text.ts';

await t.test('what is wrong in `listen` is said at its place', async (t) => {
  checkBroken(t, [
    ['listen: { http: »99999 }', '`http` must be a port', '99999'],
    ['listen: { http: »"x" }', 'neither a port nor ADDRESS:PORT'],
    ['listen: { http: »"10.0.0.1:99999" }', 'ports go up to 65535'],
    ['listen: { http: »"example.com:80" }', 'not an address of this machine'],
    ['listen: { http: »"::1" }', 'write an IPv6 address as `[::1]:PORT`'],
    ['listen: { http: »"[::g]:80" }', 'not an IPv6 address'],
    ['listen: { http: [80, »"x"] }', 'neither a port'],
    ['listen: { http: »[] }', 'empty list'],
    ['listen: { http: »true }', 'must be a port or ADDRESS:PORT, or a list of them'],
    ['listen: { »htps: 443, http: 80 }', 'no option `htps`', 'Did you mean `https`?'],
    ['listen: { http: 80, admin: »"off:x" }', 'neither a port'],
    ['listen: { http: 80, limits: { headerSize: »32 } }', 'A size needs a unit', '`32KB`'],
    ['listen: { http: 80, limits: { headerSize: »2MB } }', 'out of range', '1KB to 1MB'],
    ['listen: { http: 80, limits: { headers: »5 } }', 'whole number from 10 to 2000'],
    ['listen: { http: 80, limits: { connections: »1.5 } }', 'whole number'],
    ['listen: { http: 80, timeouts: { header: »off } }', '`off` is not possible here'],
    ['listen: { http: 80, timeouts: { header: »10 } }', 'needs a unit', '`10s` or `10ms`'],
    ['listen: { http: 80, timeouts: { idle: »0s } }', 'write `off`'],
    ['listen: { http: 80, timeouts: { idle: »25d } }', 'the longest duration is 24d'],
    ['listen: { http: 80, timeouts: { idle: »10 seconds } }', 'not a duration'],
    ['»listen: {}', 'nothing is listened on', 'http: 80'],
    ['»listen:', '`listen` has no value'],
  ]);
});

await t.test('addresses take every form', async (t) => {
  const { listen } = configOf('listen: { http: [80, "127.0.0.1:81", "[::1]:82"], https: "443", admin: 9091 }');
  t.strictSame(listen.http, [{ host: '::', port: 80 }, { host: '127.0.0.1', port: 81 }, { host: '::1', port: 82 }]);
  t.strictSame(listen.https, [{ host: '::', port: 443 }]);
  t.strictSame(listen.admin, { host: '127.0.0.1', port: 9091 });
  t.equal(configOf('listen: { http: 80, admin: off }').listen.admin, null);
});
