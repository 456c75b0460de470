import t from 'tap';
import { LOG_FIELDS } from '../../src/config/log-field.ts';

await t.test('a field is named once', async (t) => {
  t.equal(new Set(LOG_FIELDS).size, LOG_FIELDS.length);
});
