import t from 'tap';
import { resolvePermissions } from '../../../../src/config/policies/headers/permissions.ts';

await t.test('features become one header, and nothing said becomes none', async (t) => {
  t.equal(resolvePermissions({ 'camera': 'none', 'geolocation': ['self', 'https://maps.example.com'], 'display-capture': '*' }), 'camera=(), geolocation=(self "https://maps.example.com"), display-capture=*');
  t.strictSame([resolvePermissions(undefined), resolvePermissions('off'), resolvePermissions({})], [null, null, null]);
});
