import t from 'tap';
import { AcmeError } from '../../../src/tls/acme/acme-types.ts';

await t.test('an AcmeError says what went wrong, of which kind, when to come back, and why', async (t) => {
  const cause = new Error('socket hang up');
  const error = new AcmeError('ca: too many', 'rateLimited', 60_000, { cause });
  t.match(error, { name: 'AcmeError', message: 'ca: too many', type: 'rateLimited', retryAfterMs: 60_000, cause });
  t.ok(error instanceof Error);
});
