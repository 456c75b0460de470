import t from 'tap';
import { checkBroken, loadText, withUpstream } from '../helpers/config-text.ts';

await t.test('an option that another one leaves without effect is an error at its key', async (t) => {
  checkBroken(t, [[withUpstream('retry: { attempts: 0, »budget: 5% }'), '`budget` has no effect with `attempts: 0`', 'raise `attempts`']]);
});

await t.test('an option that is left out is no fault', async (t) => {
  t.doesNotThrow(() => loadText(withUpstream('retry: { attempts: 0 }')));
});
