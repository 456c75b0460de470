import t from 'tap';
import { checkUserName, parseUserFile } from '../../../src/config/credentials/user-file.ts';

const HASH = '$2y$12$WApznUOJfkEGSmYRfnkrPOr466oFDCaj4b6HY3EXGvfxm43seywhe';

await t.test('an htpasswd file, with remarks behind a second colon', async (t) => {
  t.match(parseUserFile(`# staff\nanna:${HASH}\njosé maría:${HASH}:since May\n`), [{ name: 'anna', hash: { text: HASH } }, { name: 'josé maría', hash: { text: HASH } }]);
});

await t.test('threat: faults have a line, and nothing of what stands there', async (t) => {
  for (const [text, line] of [['anna:hunter2hunter', 1], [`anna:${HASH}\nanna:${HASH}`, 2], ['hunter2hunter', 1], [`:${HASH}`, 1]] as const) {
    try {
      parseUserFile(text);
      t.fail(text);
    } catch (error) {
      t.match(error, { name: 'CredentialFileError', faults: [{ line }] }, text);
      t.notMatch(String(error), /hunter2/);
    }
  }
});

await t.test('a name that HTTP cannot carry is refused', async (t) => {
  for (const name of ['', 'a:b', 'a\nb', 'x'.repeat(256)]) t.throws(() => checkUserName(name), { name: 'RangeError' }, JSON.stringify(name));
});
