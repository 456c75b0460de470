import t from 'tap';
import { parsePasswordHash } from '../../../src/config/credentials/password-hash.ts';
import { isPassword } from '../../../src/policy/basic/password-verifier.ts';

/** Cost 4, of `pässword`, made by another implementation for each letter. */
const BCRYPT = '04$JrO5R9MMySasOGZ.xNfBHelYtJ2sn6lv1KcZh3ueZG6oLwJLL2zK6';
/** RFC 7914 §12: N = 1024, r = 8, p = 16, of `password` with the salt `NaCl`, here as a PHC string. */
const RFC_7914 = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640', 'hex');

await t.test('bcrypt, whatever its letter', async (t) => {
  for (const letter of ['a', 'b', 'y']) {
    const hash = parsePasswordHash(`$2${letter}$${BCRYPT}`);
    t.strictSame(await Promise.all(['pässword', 'password', ''].map(async (password) => isPassword(password, hash))), [true, false, false]);
  }
});

await t.test('scrypt, as its RFC has it', async (t) => {
  const key = RFC_7914.toString('base64').replaceAll('=', '');
  const hash = { kind: 'scrypt', text: '', cost: 10, blockSize: 8, parallelization: 16, salt: Buffer.from('NaCl').toString('base64'), key } as const;
  t.strictSame(await Promise.all(['password', 'passwort'].map(async (password) => isPassword(password, hash))), [true, false]);
});

await t.test('scrypt with as much memory as is allowed', async (t) => {
  const hash = parsePasswordHash(`$scrypt$ln=18,r=8,p=1$${Buffer.alloc(16).toString('base64').replaceAll('=', '')}$${Buffer.alloc(32).toString('base64').replaceAll('=', '')}`);
  t.equal(await isPassword('a', hash), false);
});
