import t from 'tap';
import { PendingNames } from '../../src/tls/pending-names.ts';

await t.test('names that wait are refused where that is wanted, wildcards and spellings included', async (t) => {
  const names = new PendingNames({ refused: ['app.example.com', '*.shop.example.com'], onDemand: null });
  for (const name of ['app.example.com', 'APP.example.com.', 'x.shop.example.com']) t.ok(names.refuses(name), name);
  for (const name of ['', 'www.example.com', 'a.b.shop.example.com', '\0', 'a'.repeat(5000)]) t.notOk(names.refuses(name), JSON.stringify(name.slice(0, 20)));
  t.notOk(names.isOnDemand('app.example.com'));
});

await t.test('names on demand are those of the list, or all that can be host names', async (t) => {
  const listed = new PendingNames({ refused: [], onDemand: { allow: ['*.customers.example.com'], refuse: false } });
  t.strictSame(['a.customers.example.com', 'customers.example.com', 'evil.test'].map((name) => listed.isOnDemand(name)), [true, false, false]);
  t.notOk(listed.refuses('a.customers.example.com'), 'served with the default certificate meanwhile');
  const asked = new PendingNames({ refused: [], onDemand: { allow: [], refuse: true } });
  t.strictSame(['a.example.com', 'localhost', '10.0.0.1', '::1', ''].map((name) => asked.isOnDemand(name)), [true, false, false, false, false]);
  t.ok(asked.refuses('a.example.com'));
  t.notOk(asked.refuses('localhost'));
});
