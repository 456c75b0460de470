import t from 'tap';
import { LIMIT_CODES } from '../../src/admin/limit-codes.ts';
import { ERRORS } from '../../src/exchange/errors.ts';

await t.test('every limit is an error code, but for connections, which get no answer', async (t) => {
  const unknown = [...LIMIT_CODES.keys()].filter((code) => !(code in ERRORS));
  t.strictSame(unknown, ['connection_refused']);
});
