import t from 'tap';
import { checkPasswordHash, HASH_ADVICE, isQuicklyGuessed, parsePasswordHash } from '../../../src/config/credentials/password-hash.ts';

const BCRYPT_END = 'WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe';
const SCRYPT = '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E';

await t.test('bcrypt as in htpasswd files, whatever its letter', async (t) => {
  for (const letter of ['a', 'b', 'y']) t.match(parsePasswordHash(`$2${letter}$12$${BCRYPT_END}`), { kind: 'bcrypt', cost: 12, text: `$2${letter}$12$${BCRYPT_END}` });
});

await t.test('scrypt in the PHC string format', async (t) => {
  t.match(parsePasswordHash(SCRYPT), { kind: 'scrypt', cost: 16, blockSize: 8, parallelization: 1, salt: 'aM15713r3Xsvxbi31lqr1Q' });
});

await t.test('threat: what is quickly guessed, or plain, is refused with the command that makes a good one', async (t) => {
  const cases: readonly (readonly [text: string, word: string])[] = [
    ['$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/', 'MD5'],
    ['$1$abc$WFy4LsYVWwTBPrH9zCzyF0', 'MD5'],
    ['{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'SHA'],
    ['{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9gabcd', 'SHA'],
    ['$5$abc$vJKUbGrLvi2L4kHrd1nTU9Rpc0OvMkWsGbEuxNMSbVD', 'crypt'],
    ['$6$abc$x', 'crypt'],
    ['rqXexS6ZhobKA', 'crypt'],
    [`$2x$12$${BCRYPT_END}`, 'broken'],
    ['correct horse battery staple', 'plain'],
    ['', 'plain'],
  ];
  for (const [text, word] of cases) {
    try {
      checkPasswordHash(text);
      t.fail(text);
    } catch (error) {
      const { name, message } = error as Error;
      t.ok(name === 'RangeError' && message.includes(word) && message.includes(HASH_ADVICE), message);
      t.notOk(text !== '' && message.includes(text), 'not repeated');
    }
  }
});

await t.test('threat: a hash that would keep the gateway busy, or fill its memory, is refused', async (t) => {
  const wrong = [
    `$2y$03$${BCRYPT_END}`, `$2y$16$${BCRYPT_END}`, `$2y$12$${BCRYPT_END}x`,
    SCRYPT.replace('ln=16', 'ln=19'), SCRYPT.replace('r=8', 'r=64'), SCRYPT.replace('p=1', 'p=17'), SCRYPT.replace('ln=16', 'ln=0'), SCRYPT.replace('p=1', 'p=0'),
  ];
  for (const text of wrong) t.throws(() => checkPasswordHash(text), { name: 'RangeError' }, text);
});

await t.test('a low cost is known', async (t) => {
  const quick = [`$2y$05$${BCRYPT_END}`, `$2y$10$${BCRYPT_END}`, SCRYPT, SCRYPT.replace('ln=16', 'ln=14')].map((text) => isQuicklyGuessed(parsePasswordHash(text)));
  t.strictSame(quick, [true, false, false, true]);
});
