import * as fc from 'fast-check';
import t from 'tap';
import { clientNetwork, formatIpAddress, normaliseAddress, parseIpAddress } from '../../src/lib/ip-address.ts';

function respell(text: string): string | null {
  const address = parseIpAddress(text);
  return address === null ? null : formatIpAddress(address);
}

await t.test('an address has one spelling (RFC 5952)', async (t) => {
  const cases: readonly (readonly [text: string, spelling: string])[] = [
    ['192.0.2.1', '192.0.2.1'], ['255.255.255.255', '255.255.255.255'], ['::ffff:192.0.2.1', '192.0.2.1'], ['::FFFF:c000:201', '192.0.2.1'],
    ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['0:0:0:0:0:0:0:1', '::1'], ['2001:DB8::00a1', '2001:db8::a1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'], ['fe80::1%eth0', 'fe80::1'],
  ];
  for (const [text, spelling] of cases) t.equal(respell(text), spelling, text);
});

await t.test('what is no address is none', async (t) => {
  for (const text of ['', 'unknown', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '0x7f.1', '1.2.3.4:80', '[::1]', ':::', '1::2::3', 'g::', ' 1.2.3.4', '1.2.3.4/8', 'a.example']) {
    t.equal(parseIpAddress(text), null, text);
  }
});

await t.test('property: the spelling of IPv6 is the one of the URL standard', async (t) => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const spelling = respell(text) ?? '';
      // The URL standard keeps a mapped IPv4 address in hexadecimal.
      const urlSpelling = new URL(`http://[${spelling.includes(':') ? text : '::1'}]`).hostname;
      return urlSpelling === (spelling.includes(':') ? `[${spelling}]` : '[::1]') && respell(spelling) === spelling;
    }),
    { numRuns: 1000 },
  );
  t.pass('shortest, lower case');
});

await t.test('the address of a socket loses its zone and its mapping', async (t) => {
  t.equal(normaliseAddress('192.0.2.1'), '192.0.2.1');
  t.equal(normaliseAddress('::ffff:192.0.2.1'), '192.0.2.1');
  t.equal(normaliseAddress('fe80::1%eth0.1'), 'fe80::1');
  t.equal(normaliseAddress('2001:db8::1'), '2001:db8::1');
  t.equal(normaliseAddress(''), '');
  t.equal(normaliseAddress(undefined), '');
});

await t.test('a client is its IPv4 address, or the /64 in which it can take any address', async (t) => {
  const cases: readonly (readonly [address: string, network: string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::', '2001:db8:1:3::/64'],
    ['::1', '::/64'],
    ['', ''],
  ];
  for (const [address, network] of cases) t.equal(clientNetwork(address), network, address);
});
