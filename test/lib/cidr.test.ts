import { BlockList, isIPv4 } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import { CidrSet } from '../../src/lib/cidr.ts';
import { parseIpAddress } from '../../src/lib/ip-address.ts';

function has(blocks: readonly string[], text: string): boolean {
  const address = parseIpAddress(text);
  return address !== null && new CidrSet(blocks).has(address);
}

await t.test('an address is in a block by its first bits', async (t) => {
  const cases: readonly (readonly [block: string, inside: string, outside: string])[] = [
    ['10.0.0.0/8', '10.255.0.1', '11.0.0.0'], ['192.0.2.7', '192.0.2.7', '192.0.2.6'], ['192.0.2.130/25', '192.0.2.255', '192.0.2.127'],
    ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'], ['::1', '::1', '::2'], ['fe80::/10', 'febf::1', 'fec0::1'], ['2001:db8::/97', '2001:db8::7fff:0', '2001:db8::8000:0'],
  ];
  for (const [block, inside, outside] of cases) t.strictSame([has([block], inside), has([block], outside)], [true, false], block);
  t.equal(has(['10.0.0.0/8', 'fd00::/8'], 'fd12::1'), true, 'any block of several');
  t.equal(new CidrSet([]).isEmpty, true);
  t.equal(new CidrSet(['::/0']).isEmpty, false);
});

await t.test('an IPv4 address is the same however it is written, and no block of IPv6 takes it in', async (t) => {
  t.equal(has(['10.0.0.0/8'], '::ffff:10.1.2.3'), true);
  t.equal(has(['::ffff:10.0.0.0/104'], '10.1.2.3'), true);
  t.equal(has(['0.0.0.0/0'], '203.0.113.1'), true);
  t.equal(has(['0.0.0.0/0'], '2001:db8::1'), false);
  t.equal(has(['::/0'], '2001:db8::1'), true);
  t.equal(has(['::/0'], '203.0.113.1'), false);
  t.equal(has(['::ffff:0:0/90'], '203.0.113.1'), false);
});

await t.test('a block that is none is refused with what would be right', async (t) => {
  for (const text of ['', 'x', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/a', ' 10.0.0.0/8', 'fe80::1%eth0/64', 'fe80::/64%eth0', '/8']) {
    t.throws(() => new CidrSet([text]), { message: /is not an address or block.*10\.0\.0\.0\/8/ }, JSON.stringify(text));
  }
  t.throws(() => new CidrSet(['10.0.0.0/33']), { message: /at most \/32/ });
  t.throws(() => new CidrSet(['fd00::/129']), { message: /at most \/128/ });
});

/** A block, another address of its family, and whether to ask for the block's own address instead. */
function oneFamily(address: fc.Arbitrary<string>, bitsMax: number): fc.Arbitrary<[string, number, string, boolean]> {
  return fc.tuple(address, fc.integer({ min: 1, max: bitsMax }), address, fc.boolean());
}

await t.test('property: it says what BlockList says, within a family', async (t) => {
  fc.assert(
    fc.property(fc.oneof(oneFamily(fc.ipV4(), 32), oneFamily(fc.ipV6().filter((text) => !text.includes('.')), 128)), ([network, bits, other, near]) => {
      const address = near ? network : other;
      const family = isIPv4(network) ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(network, bits, family);
      return has([`${network}/${bits}`], address) === list.check(address, family);
    }),
    { numRuns: 1000 },
  );
  t.pass('for random blocks and addresses');
});
