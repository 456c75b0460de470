import t from 'tap';
import { addressText } from '../../src/lib/address-text.ts';

await t.test('an address is written as people write it', async (t) => {
  t.equal(addressText({ host: '0.0.0.0', port: 80 }), '0.0.0.0:80');
  t.equal(addressText({ host: '::', port: 443 }), '[::]:443');
  t.equal(addressText({ host: 'localhost', port: 0 }), 'localhost:0');
});
