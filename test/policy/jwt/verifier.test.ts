import t from 'tap';
import { makeVerifiers, type Verifier } from '../../../src/policy/jwt/verifier.ts';
import { AUDIENCE, CLAIMS, encoded, ISSUER, PAIRS, pemOf, SECRET, sign, signWithSecret } from '../../helpers/token-issuer.ts';

const OPEN = { issuers: [], audiences: [], requireExp: false };
const secretKey = { kid: null, algorithms: ['HS256'], material: SECRET } as const;
const rsaKey = { kid: null, algorithms: ['RS256', 'PS256'], material: pemOf(PAIRS.rsa.publicKey) } as const;

async function verifierOf(key: Parameters<typeof makeVerifiers>[0][number], rules: Parameters<typeof makeVerifiers>[1] = OPEN): Promise<Verifier> {
  const [verifier] = await makeVerifiers([key], rules);
  if (verifier === undefined) throw new Error('there is one');
  return verifier;
}

await t.test('claims of a token that is signed by the key; null for another key', async (t) => {
  const [secret, rsa] = await makeVerifiers([secretKey, rsaKey], OPEN);
  t.strictSame(secret?.verify(await signWithSecret()), CLAIMS);
  t.strictSame(rsa?.verify(await sign(CLAIMS, 'PS256', PAIRS.rsa.privateKey)), CLAIMS);
  t.equal(secret?.verify(await sign(CLAIMS, 'HS256', Buffer.from(`${SECRET}x`))), null);
  t.equal((await verifierOf({ ...rsaKey, algorithms: ['ES256'], material: pemOf(PAIRS.p256.publicKey) })).verify(`${encoded({ alg: 'ES256' })}.${encoded(CLAIMS)}.AAAA`), null, 'of no form at all');
});

await t.test('threat: an algorithm that the key is not for is refused, though the key could do it', async (t) => {
  const rsa = await verifierOf(rsaKey);
  t.throws(() => rsa.verify(`${encoded({ alg: 'RS512' })}.${encoded(CLAIMS)}.AAAA`), { name: 'TokenFault', message: 'The token algorithm is invalid.' });
  const confused = await sign(CLAIMS, 'HS256', Buffer.from(rsaKey.material));
  t.throws(() => rsa.verify(confused), /algorithm/);
  t.throws(() => rsa.verify(`${encoded({ alg: 'none' })}.${encoded(CLAIMS)}.AAAA`), /algorithm/);
});

await t.test('issuer and audience are exact; a token that does not say them is refused', async (t) => {
  const verifier = await verifierOf(secretKey, { issuers: [ISSUER, 'second'], audiences: [AUDIENCE, 'other'], requireExp: true });
  const verdict = async (change: object): Promise<boolean> => {
    const token = await signWithSecret({ ...CLAIMS, ...change });
    try {
      return verifier.verify(token) !== null;
    } catch {
      return false;
    }
  };
  for (const right of [{}, { iss: 'second' }, { aud: 'other' }, { aud: ['x', 'api'] }, { exp: 1 }]) t.ok(await verdict(right), JSON.stringify(right));
  const wrong = [{ iss: undefined }, { iss: 'https://login.test' }, { iss: `${ISSUER}x` }, { iss: [ISSUER] }, { iss: '' }, { aud: undefined }, { aud: 'apis' }, { aud: [] }, { aud: ['x'] }, { aud: [['api']] }, { aud: ['api', 5] }, { exp: undefined }];
  for (const change of wrong) t.notOk(await verdict(change), JSON.stringify(change));
});

await t.test('time is nobody’s business here: the library would take the system’s', async (t) => {
  const verifier = await verifierOf(secretKey);
  t.ok(verifier.verify(await signWithSecret({ exp: 1, nbf: 99_999_999_999, iat: 99_999_999_999 })));
});

await t.test('threat: deep nesting in what nobody has signed does not end the process', async (t) => {
  const verifier = await verifierOf(secretKey);
  t.equal(verifier.verify(`${encoded({ alg: 'HS256' })}.${encoded(`{"a":${'['.repeat(6000)}${']'.repeat(6000)}}`)}.AAAA`), null);
});
