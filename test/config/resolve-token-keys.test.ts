import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { checkBroken, loadText, type Surroundings } from '../helpers/config-text.ts';
import { settingsOf } from '../helpers/policies.ts';
import { jwkOf, PAIRS, pemOf, SECRET } from '../helpers/token-issuer.ts';

const rsa = pemOf(PAIRS.rsa.publicKey);
const p256 = pemOf(PAIRS.p256.publicKey);
const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
const around: Surroundings = {
  env: { JWT_SECRET: SECRET, LONG_SECRET: SECRET },
  files: {
    '/etc/sluice/rsa.pem': `\n  ${rsa}`,
    '/etc/sluice/p256.pem': p256,
    '/etc/sluice/short.pem': pemOf(short),
    '/etc/sluice/private.pem': PAIRS.rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    '/etc/sluice/none.pem': 'hello',
    '/etc/sluice/set.json': JSON.stringify({ keys: [await jwkOf(PAIRS.rsa.publicKey, { kid: 'r' }), await jwkOf(PAIRS.p256.publicKey, { kid: 'e' })] }),
    '/etc/sluice/useless.json': JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA' }] }),
  },
};

function keysOf(options: string): string[] {
  return (settingsOf(`jwt: ${options}`, '', around).jwt?.keys ?? []).map(({ kid, algorithms, material }) => `${kid} ${algorithms.join()} ${material.slice(0, 26)}`);
}

await t.test('each key has the algorithms of its kind, and no others', async (t) => {
  const secret = SECRET.slice(0, 26);
  t.strictSame(keysOf('{ secret: "${JWT_SECRET}" }'), [`null HS256 ${secret}`]);
  t.strictSame(keysOf('{ secret: "${JWT_SECRET}", algorithms: [HS512, HS256] }'), [`null HS256,HS512 ${secret}`]);
  t.strictSame(keysOf('{ publicKey: rsa.pem }'), ['null RS256,RS384,RS512,PS256,PS384,PS512 -----BEGIN PUBLIC KEY-----']);
  t.strictSame(keysOf('{ secret: "${JWT_SECRET}", publicKey: p256.pem, algorithms: [HS384, ES256] }'), [`null HS384 ${secret}`, 'null ES256 -----BEGIN PUBLIC KEY-----']);
  t.strictSame(keysOf('{ keys: [{ kid: a, alg: PS256, publicKey: rsa.pem }, { kid: b, publicKey: "file:./p256.pem" }] }'), ['a PS256 -----BEGIN PUBLIC KEY-----', 'b ES256 -----BEGIN PUBLIC KEY-----']);
});

await t.test('a set of keys is read from a file', async (t) => {
  t.match(keysOf('{ jwks: { file: set.json } }'), [/^r RS256,RS384/, /^e ES256 /]);
  t.match(keysOf('{ jwks: { file: set.json }, algorithms: [ES256, RS256] }'), [/^r RS256 /, /^e ES256 /]);
});

await t.test('threat: a key that is weak, or could be taken for one of another kind, is refused at its place', async (t) => {
  const inline = JSON.stringify(rsa);
  checkBroken(t, [
    ['routes: [{ respond: {}, jwt: { secret: »short } }]', 'HS256 needs at least 32', 'openssl rand -hex 32'],
    ['routes: [{ respond: {}, jwt: { secret: »your-256-bit-secret-your-256-bit-secret } }]', 'everybody tries first'],
    [`routes: [{ respond: {}, jwt: { secret: »${inline} } }]`, 'no secret but a key', '`publicKey`'],
    [`routes: [{ respond: {}, jwt: { secret: »'{"kty":"RSA","n":"a-long-number-that-everybody-knows-anyway"}' } }]`, 'no secret but a key'],
    ['routes: [{ respond: {}, jwt: { secret: "»${NONE}" } }]', 'no variable NONE'],
    ['routes: [{ respond: {}, jwt: { publicKey: »"file:./missing.pem" } }]', 'no such file'],
    ['routes: [{ respond: {}, jwt: { publicKey: »short.pem } }]', '1024 bits'],
    ['routes: [{ respond: {}, jwt: { publicKey: »private.pem } }]', 'private key'],
    ['routes: [{ respond: {}, jwt: { publicKey: »none.pem } }]', 'no public key'],
    ['routes: [{ respond: {}, jwt: { publicKey: »missing.pem } }]', 'no such file'],
    ['routes: [{ respond: {}, jwt: { publicKey: »rsa.pem, algorithms: HS256 } }]', 'cannot be used for HS256', 'RS256'],
    ['routes: [{ respond: {}, jwt: { publicKey: rsa.pem, algorithms: »[RS256, ES256] } }]', 'no key here can be used for ES256'],
    ['routes: [{ respond: {}, jwt: { secret: »"${JWT_SECRET}", publicKey: rsa.pem, algorithms: [RS256] } }]', 'cannot be used for RS256', 'HS256'],
    ['routes: [{ respond: {}, jwt: { publicKey: rsa.pem, algorithms: »none } }]', 'one of HS256'],
    ['routes: [{ respond: {}, jwt: { keys: [{ kid: a, publicKey: »p256.pem, alg: ES384 }] } }]', 'cannot be used for ES384'],
    ['routes: [{ respond: {}, jwt: { keys: [»{ kid: a }] } }]', 'the key is missing'],
    ['routes: [{ respond: {}, jwt: { jwks: { file: »useless.json } } }]', 'no key that tokens can be checked with'],
    ['routes: [{ respond: {}, jwt: { jwks: { file: »none.pem } } }]', 'not JSON'],
  ], around);
});

await t.test('threat: no message repeats a secret', async (t) => {
  try {
    loadText('routes: [{ respond: {}, jwt: { secret: "${JWT_SECRET}", algorithms: ES256 } }]', around);
    t.fail('it loaded');
  } catch (error) {
    t.notMatch(JSON.stringify(error), SECRET);
  }
});
