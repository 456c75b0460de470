import t from 'tap';
import { addressText, isLoopback, isWildcard } from '../../src/admin/loopback.ts';

await t.test('only this machine is loopback, however it is written', async (t) => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) t.ok(isLoopback(host), host);
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', '::2', '::ffff:10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', 'example.com']) t.notOk(isLoopback(host), host);
});

await t.test('a wildcard is every address and nothing else', async (t) => {
  t.strictSame(['0.0.0.0', '::', '127.0.0.1', '::1'].map(isWildcard), [true, true, false, false]);
});

await t.test('an address is written as a URL has it', async (t) => {
  t.equal(addressText({ host: '127.0.0.1', port: 9090 }), '127.0.0.1:9090');
  t.equal(addressText({ host: '::1', port: 9090 }), '[::1]:9090');
});
