import { Resolver } from 'node:dns';
import t from 'tap';
import { parseDnsServer } from '../../src/config/dns-server.ts';

const CASES: Readonly<Record<string, string>> = {
  '10.0.0.2': '10.0.0.2:53',
  '127.0.0.1:5353': '127.0.0.1:5353',
  '::1': '[::1]:53',
  'fd00::1:5353': '[fd00::1:5353]:53',
  '[::1]': '[::1]:53',
  '[::1]:5353': '[::1]:5353',
};

await t.test('the port is 53 where none is given', async (t) => {
  for (const [text, expected] of Object.entries(CASES)) t.equal(parseDnsServer(text), expected, text);
});

await t.test('Node takes every server that is allowed', async (t) => {
  const resolver = new Resolver();
  for (const text of Object.keys(CASES)) t.doesNotThrow(() => resolver.setServers([parseDnsServer(text)]), text);
});

await t.test('a name is refused, because it would have to be resolved first', async (t) => {
  for (const text of ['dns.example.com', 'localhost:53', '[10.0.0.2]:53', '10.0.0.2:', '10.0.0', 'fe80::1%eth0', '[]', '']) {
    t.throws(() => parseDnsServer(text), { name: 'RangeError', message: /write an IP address/ }, text);
  }
  t.throws(() => parseDnsServer('10.0.0.2:65536'), /ports go up to 65535/);
  t.throws(() => parseDnsServer('10.0.0.2:0'), /between 1 and 65535/);
});
