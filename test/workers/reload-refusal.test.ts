import t from 'tap';
import { refusal } from '../../src/workers/reload-refusal.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { loadText } from '../helpers/config-text.ts';

const MESSAGE = 'reload refused, the old configuration stays';

await t.test('errors of the configuration are all told, and counted in the log', async (t) => {
  const logger = new MemoryLogger();
  try {
    loadText('nonsense: 1\nmore: 2');
    t.fail('it is wrong');
  } catch (error) {
    t.match(refusal(error, logger), { ok: false, reason: 'invalid', error: 'The configuration has errors.', diagnostics: [/nonsense/, /more/] });
  }
  t.match(logger.entries, [{ level: 'error', message: MESSAGE, fields: { errors: 2, first: /nonsense/ } }]);
});

await t.test('whatever else it is, is told in its own words', async (t) => {
  const logger = new MemoryLogger();
  t.strictSame(refusal(new Error('in use'), logger), { ok: false, reason: 'conflict', error: 'in use', diagnostics: [] });
  t.match(refusal('odd', logger), { error: 'odd' });
  t.match(logger.entries, [{ message: MESSAGE, fields: { reason: 'in use' } }, {}]);
});
