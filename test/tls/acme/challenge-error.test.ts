import t from 'tap';
import { AcmeError } from '../../../src/tls/acme/acme-types.ts';
import { ChallengeError } from '../../../src/tls/acme/challenge-error.ts';

await t.test('every host is named with the way that failed and the reason; the first gives the type', async (t) => {
  const failed = [
    { host: 'a.test', type: 'http-01', error: new AcmeError('404', 'unauthorized', null) },
    { host: 'b.test', type: 'dns-01', error: new AcmeError('no record', 'dns', null) },
  ] as const;
  const error = new ChallengeError('ca', failed);
  t.ok(error instanceof AcmeError);
  t.match(error, { message: 'ca: a.test (http-01): 404; b.test (dns-01): no record', type: 'unauthorized', failed });
});
