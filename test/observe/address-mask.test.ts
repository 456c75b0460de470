import t from 'tap';
import { createAddressMask, maskListed } from '../../src/observe/address-mask.ts';

const secret = Buffer.alloc(32, 1);

await t.test('an address is kept, or cut to the network of a customer', async (t) => {
  const [keep, truncate] = [createAddressMask({ address: 'keep', key: null }, secret), createAddressMask({ address: 'truncate', key: null }, secret)];
  t.equal(keep('203.0.113.7'), '203.0.113.7');
  t.strictSame(['203.0.113.7', '2001:db8:1:2:3:4:5:6', '::1', '', 'unix'].map(truncate), ['203.0.113.0', '2001:db8:1::', '::', '', 'unix']);
});

await t.test('a hash is the same for the same client, another with another key, and has nothing of the address', async (t) => {
  const hash = createAddressMask({ address: 'hash', key: null }, secret);
  t.match(hash('203.0.113.7'), /^[0-9a-f]{16}$/);
  t.equal(hash('203.0.113.7'), createAddressMask({ address: 'hash', key: null }, secret)('203.0.113.7'));
  t.not(hash('203.0.113.7'), hash('203.0.113.8'));
  t.not(hash('203.0.113.7'), createAddressMask({ address: 'hash', key: 'a key of the user' }, secret)('203.0.113.7'));
  t.equal(hash(''), '');
});

await t.test('threat: a flood of addresses does not grow what is remembered, and none is mixed up', async (t) => {
  const truncate = createAddressMask({ address: 'truncate', key: null }, secret);
  for (let index = 0; index < 10_000; index += 1) truncate(`10.${index >> 8}.${index & 255}.1`);
  t.equal(truncate('10.1.2.3'), '10.1.2.0');
});

await t.test('every address of a list is masked, whatever stands around it', async (t) => {
  const truncate = createAddressMask({ address: 'truncate', key: null }, secret);
  const list = '203.0.113.7, 198.51.100.9:443, for="[2001:db8:1:2::3]:80";proto=https, unknown';
  t.equal(maskListed(list, truncate), '203.0.113.0, 198.51.100.0:443, for="[2001:db8:1::]:80";proto=https, unknown');
});
