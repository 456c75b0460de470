import t from 'tap';
import { checkCaName, KNOWN_CAS } from '../../src/config/known-ca.ts';

await t.test('a name that is nearly one is answered with that one, any other with all of them', async (t) => {
  for (const name of KNOWN_CAS.keys()) t.doesNotThrow(() => checkCaName(name));
  t.throws(() => checkCaName('letsencrypt-stagin'), { name: 'RangeError', message: /did you mean `letsencrypt-staging`\?/ });
  t.throws(() => checkCaName('our-own-one'), { name: 'RangeError', message: /letsencrypt, letsencrypt-staging, zerossl, google, buypass are.*directory: URL/ });
  t.throws(() => checkCaName('constructor'), { name: 'RangeError' });
});

await t.test('every directory is an https URL', async (t) => {
  for (const { directory, staging } of KNOWN_CAS.values()) for (const url of [directory, staging]) if (url !== null) t.equal(new URL(url).protocol, 'https:');
});
