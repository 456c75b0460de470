import t from 'tap';
import { isLogged, LOG_ALL } from '../../src/observe/log-rule.ts';

const fine = { id: 'a', status: 200, errorCode: '', totalMs: 5 };

await t.test('all, none, and those that failed', async (t) => {
  t.ok(isLogged(LOG_ALL, fine));
  const none = { errors: false, below: 0, slowMs: 0 };
  t.notOk(isLogged(none, { ...fine, status: 500 }));
  const errors = { errors: true, below: 0, slowMs: 0 };
  t.strictSame([200, 304, 399, 400, 404, 500].map((status) => isLogged(errors, { ...fine, status })), [false, false, false, true, true, true]);
  t.ok(isLogged(errors, { ...fine, errorCode: 'upstream_cut' }), 'a code counts whatever the status: the head had gone out');
});

await t.test('a sample is a share of the ids, the same ones everywhere, and errors and slow ones are in it', async (t) => {
  const rule = { errors: true, below: 0.1 * 2 ** 32, slowMs: 1000 };
  const ids = Array.from({ length: 20_000 }, (_, index) => `0f8fad5b-d9cb-469f-a165-${String(index).padStart(12, '0')}`);
  const kept = ids.filter((id) => isLogged(rule, { ...fine, id }));
  t.ok(kept.length > 1800 && kept.length < 2200, `${kept.length} of 20000`);
  t.ok(kept.every((id) => isLogged({ ...rule, below: 0.2 * 2 ** 32 }, { ...fine, id })), 'a larger sample has all of a smaller one');
  const out = ids.find((id) => !kept.includes(id)) ?? '';
  t.strictSame([{ status: 503 }, { totalMs: 1000 }, { totalMs: 999 }].map((facts) => isLogged(rule, { ...fine, id: out, ...facts })), [true, true, false]);
});
