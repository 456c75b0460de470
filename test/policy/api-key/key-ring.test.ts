import { hash } from 'node:crypto';
import t from 'tap';
import { parseKeyLine } from '../../../src/config/credentials/api-key-entry.ts';
import { KeyRing } from '../../../src/policy/api-key/key-ring.ts';

await t.test('a key is found by its hash, with who has it', async (t) => {
  const ring = new KeyRing(['one', 'two'].map((key) => parseKeyLine(`${key} sha256:${hash('sha256', key)} roles=${key} limit=5/s`)));
  t.match(ring.find(hash('sha256', 'two', 'buffer')), { entry: { name: 'two' }, identity: { kind: 'apiKey', name: 'two', roles: ['two'], claims: {}, limits: [{ requests: 5 }] } });
  t.equal(ring.find(hash('sha256', 'three', 'buffer')), null);
  t.equal(ring.find(Buffer.alloc(32)), null, 'nobody has the hash that stands in for none');
});
