import t from 'tap';
import { CertificateError, certificateError } from '../../src/tls/certificate-error.ts';

await t.test('says all that is wrong, a file a line, and keeps it as data', async (t) => {
  const problems = [
    { file: 'a.pem', text: 'is damaged.' },
    { file: 'b.pem', text: 'does not exist; check the path.' },
  ];
  const error = new CertificateError(problems);
  t.equal(error.message, 'a.pem: is damaged.\nb.pem: does not exist; check the path.');
  t.equal(error.problems, problems);
  t.equal(error.name, 'CertificateError');
});

await t.test('keeps the cause of a single problem', async (t) => {
  const cause = new Error('why');
  t.match(certificateError('a.pem', 'is damaged.', cause), { message: 'a.pem: is damaged.', cause });
});
