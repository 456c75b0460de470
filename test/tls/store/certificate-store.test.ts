import t from 'tap';
import { errorFacts } from '../../../src/observe/error-facts.ts';
import { StoreError } from '../../../src/tls/store/certificate-store.ts';

await t.test('an error of the store is told apart from a bug, and the log says what the system said', async (t) => {
  const cause = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const error = new StoreError('certs/a cannot be written: the disk is full.', { cause });
  t.match(errorFacts(error), { type: 'StoreError', message: 'certs/a cannot be written: the disk is full.', cause: { code: 'ENOSPC' } });
});
