import t from 'tap';
import { checkPermissionsFeature, checkPermissionsOrigin, permissionsAllowlist } from '../../src/config/permissions-allowlist.ts';

await t.test('a list of origins is a list of structured fields', async (t) => {
  t.strictSame([['none'], ['off'], ['self'], ['*'], ['self', 'https://a.example.com'], ['https://a.example.com', '*']].map(permissionsAllowlist), ['()', '()', '(self)', '*', '(self "https://a.example.com")', '*']);
});

await t.test('what could end the list, or is no origin, is refused', async (t) => {
  for (const text of ['none', 'off', 'self', '*', 'https://a.example.com:8443', 'https://*.example.com']) t.doesNotThrow(() => checkPermissionsOrigin(text), text);
  for (const text of ['', 'a.example.com', 'https://a.example.com/path', 'https://a"), camera=(*', "'self'"]) t.throws(() => checkPermissionsOrigin(text), { name: 'RangeError' }, text);
  t.doesNotThrow(() => checkPermissionsFeature('display-capture'));
  for (const name of ['', 'Camera', 'camera=()', 'camera, microphone']) t.throws(() => checkPermissionsFeature(name), { name: 'RangeError' }, name);
});
