import * as fc from 'fast-check';
import t from 'tap';
import { GatewayError } from '../../src/exchange/errors.ts';
import { parseHost } from '../../src/request/host.ts';

await t.test('a host comes out in one spelling, its port apart', async (t) => {
  const cases: readonly (readonly [value: string, host: string, port: number | null])[] = [
    ['app.example.com', 'app.example.com', null],
    ['App.EXAMPLE.com:8443', 'app.example.com', 8443],
    ['app.example.com.', 'app.example.com', null],
    ['app.example.com.:80', 'app.example.com', 80],
    ['localhost:65535', 'localhost', 65_535],
    ['my_service-1', 'my_service-1', null],
    ['xn--caf-dma.example', 'xn--caf-dma.example', null],
    ['192.0.2.1:8080', '192.0.2.1', 8080],
    ['[::1]', '[::1]', null],
    ['[2001:DB8:0:0:0:0:0:1]:443', '[2001:db8::1]', 443],
    ['[::ffff:192.0.2.1]', '[::ffff:192.0.2.1]', null],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b`, null],
    ['a.'.repeat(127) + 'a', 'a.'.repeat(127) + 'a', null],
  ];
  for (const [value, host, port] of cases) t.strictSame(parseHost(value), { host, port }, value);
});

await t.test('what is no host, or could be read as another one, is refused', async (t) => {
  const hosts = [
    '', '.', '..', '.a', 'a..b', 'a..', ':80', '.:80',
    'user@a.example', 'a.example@b.example', 'a.example,b.example', 'a.example, b.example', 'a b', ' a', 'a ', 'a\t', 'a\u0000', 'a\r\nX: y',
    'a.example/x', 'a.example?x', 'a.example#x', 'a\\b', 'a%2eb', '*.example', 'é.example', '\u212a.example', 'a"b', 'a;b', '{host}',
    'a:', 'a:0', 'a:65536', 'a:99999', 'a:123456', 'a:+80', 'a:-1', 'a:8 0', 'a:80:80', 'a:0x50', 'a:80,', 'a:８０',
    '[', '[]', '[::1', '::1', '[::1]x', '[::1]:', '[::1]:a', '[::1]80', '[::g]', '[1.2.3.4]', '[::1%25eth0]', '[fe80::1%eth0]', '[v1.a]', '[[::1]]', 'a[::1]',
    `${'a'.repeat(64)}.b`, 'a'.repeat(64), 'a.'.repeat(128) + 'a',
  ];
  for (const value of hosts) t.throws(() => parseHost(value), { code: 'bad_host' }, JSON.stringify(value));
});

await t.test('property: whatever comes, the outcome reads the same when read again, or it is bad_host', async (t) => {
  const hostile = fc.array(fc.constantFrom('a', 'B', '.', ':', '80', '[', ']', '::1', '@', ',', '_', '-', ' ', '%'), { maxLength: 8 }).map((parts) => parts.join(''));
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(hostile, fc.domain(), fc.ipV6().map((address) => `[${address}]`), fc.string({ unit: 'binary' })), (value) => {
      try {
        const { host } = parseHost(value);
        accepted += 1;
        return parseHost(host).host === host && host === host.toLowerCase() && host !== '';
      } catch (error) {
        return error instanceof GatewayError && error.code === 'bad_host';
      }
    }),
    { numRuns: 3000 },
  );
  t.ok(accepted > 300, `the generator makes hosts that are accepted: ${accepted}`);
});
