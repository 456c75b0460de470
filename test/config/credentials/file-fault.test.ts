import t from 'tap';
import { CredentialFileError, readLines } from '../../../src/config/credentials/file-fault.ts';

function read(line: string): string {
  if (line.includes('bad')) throw new RangeError('it is bad');
  return line;
}

await t.test('comments and empty lines count for nothing, whatever the line ends are', async (t) => {
  t.strictSame(readLines('\uFEFF# all\r\n\r\n one \r\n  # two\ntwo', read), ['one', 'two']);
  t.strictSame(readLines('', read), []);
});

await t.test('all faults are told with their lines, the first five in the message', async (t) => {
  try {
    readLines(`good\n\n${'bad\n'.repeat(7)}`, read);
    t.fail('it was read');
  } catch (error) {
    if (!(error instanceof CredentialFileError)) throw error;
    t.equal(error.faults.length, 7);
    t.equal(error.message, 'line 3: it is bad; line 4: it is bad; line 5: it is bad; line 6: it is bad; line 7: it is bad; and 2 more');
  }
});

await t.test('a bug is no fault of the file', async (t) => {
  t.throws(() => readLines('a', () => { throw new TypeError('bug'); }), { name: 'TypeError' });
});
