import t from 'tap';
import { formatListenAddress, listensTwice, parseCidr, parseListenAddress, parsePort } from '../../src/config/address.ts';

await t.test('a port alone is bound on the default host', async (t) => {
  t.strictSame(parseListenAddress(80, '::'), { host: '::', port: 80 });
  t.strictSame(parseListenAddress('9090', '127.0.0.1'), { host: '127.0.0.1', port: 9090 });
  t.strictSame(parseListenAddress('[FD00::1]:443', '::'), { host: 'fd00::1', port: 443 });
  t.strictSame(parseListenAddress('localhost:1', '::'), { host: 'localhost', port: 1 });
});

await t.test('what is no address of a machine is refused', async (t) => {
  for (const text of ['', ':80', 'a.com:80', '1.2.3:80', '[::1]', '[1.2.3.4]:80', '::1:80', '1.2.3.4:', '1.2.3.4:65536', '-1']) {
    t.throws(() => parseListenAddress(text, '::'), { name: 'RangeError' }, text);
  }
  t.throws(() => parsePort('000080'), /not a port/);
});

await t.test('two addresses of one port overlap where one is for every interface', async (t) => {
  t.ok(listensTwice({ host: '::', port: 80 }, { host: '127.0.0.1', port: 80 }));
  t.ok(listensTwice({ host: '10.0.0.1', port: 80 }, { host: '10.0.0.1', port: 80 }));
  t.notOk(listensTwice({ host: '10.0.0.1', port: 80 }, { host: '10.0.0.2', port: 80 }));
  t.notOk(listensTwice({ host: '::', port: 0 }, { host: '::', port: 0 }), 'port 0 is another port each time');
});

await t.test('an address is written as it is read', async (t) => {
  for (const text of ['[::1]:80', '127.0.0.1:9090']) t.equal(formatListenAddress(parseListenAddress(text, '::')), text);
});

await t.test('a CIDR block is normal afterwards, and an address a block of one', async (t) => {
  t.equal(parseCidr('10.0.0.0/8'), '10.0.0.0/8');
  t.equal(parseCidr('192.168.1.5'), '192.168.1.5/32');
  t.equal(parseCidr('fd00::1'), 'fd00::1/128');
  t.equal(parseCidr('fd00::/08'), 'fd00::/8');
  for (const text of ['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'proxy', '10.0.0.0/8/8', '10.0.0.0/', 'fe80::1%eth0']) {
    t.throws(() => parseCidr(text), { name: 'RangeError' }, text);
  }
});
