import t from 'tap';
import { AddressCounts, createAddressCounts } from '../../src/lib/address-counts.ts';

await t.test('an address has its own count, which goes down again', async (t) => {
  const counts = new AddressCounts(createAddressCounts(1), 1);
  t.strictSame([1, 2, 3].map(() => counts.tryAdd('192.0.2.1', 2)), [true, true, false]);
  t.equal(counts.tryAdd('192.0.2.2', 2), true, 'another address is not concerned');
  counts.remove('192.0.2.1');
  t.strictSame([1, 2].map(() => counts.tryAdd('192.0.2.1', 2)), [true, false]);
});

await t.test('a refused one is not counted', async (t) => {
  const counts = new AddressCounts(createAddressCounts(1), 1);
  counts.tryAdd('192.0.2.1', 1);
  for (let i = 0; i < 10; i++) counts.tryAdd('192.0.2.1', 1);
  counts.remove('192.0.2.1');
  t.equal(counts.tryAdd('192.0.2.1', 1), true);
});

await t.test('workers count together, and a worker that ends takes only its own with it', async (t) => {
  const memory = createAddressCounts(2);
  const first = new AddressCounts(memory, 1);
  const second = new AddressCounts(memory, 2);
  t.strictSame([first.tryAdd('::1', 2), second.tryAdd('::1', 2), first.tryAdd('::1', 2)], [true, true, false]);
  first.clearRow(2);
  t.strictSame([first.tryAdd('::1', 2), second.tryAdd('::1', 2)], [true, false]);
});

await t.test('10,000 addresses at once: none is under-counted, hardly one over-counted', async (t) => {
  const counts = new AddressCounts(createAddressCounts(1), 1);
  const addresses = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  // Ten each, as a crowd of browsers has.
  let refused = 0;
  for (const address of addresses) for (let i = 0; i < 10; i++) if (!counts.tryAdd(address, 1000)) refused++;
  t.equal(refused, 0);
  const second = addresses.map((address) => counts.tryAdd(address, 10));
  t.ok(second.every((added) => !added), 'each is known to have ten');
});

await t.test('what one address takes does not shut others out', async (t) => {
  const counts = new AddressCounts(createAddressCounts(1), 1);
  for (let i = 0; i < 1000; i++) counts.tryAdd('203.0.113.7', 1000);
  const others = Array.from({ length: 10_000 }, (_, i) => counts.tryAdd(`2001:db8::${i.toString(16)}`, 1000));
  t.ok(others.every(Boolean));
});
