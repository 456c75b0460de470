import t from 'tap';
import { ChainBuilder } from '../../src/policy/chain.ts';
import { policyServices, settingsOf } from '../helpers/policies.ts';

await t.test('a route has the phases of its policies, and none without', async (t) => {
  const chains = new ChainBuilder(policyServices());
  t.teardown(async () => chains.close());
  const settings = settingsOf('ip: { deny: 192.0.2.1 }');
  const chain = await chains.chainOf({ id: 'a', settings });
  t.equal(chain.requestPhases.length, 1);
  t.equal((await chains.chainOf({ id: 'b', settings: { ...settings, ip: null } })).requestPhases.length, 0);
});

await t.test('routes with the same settings share one filter', async (t) => {
  const chains = new ChainBuilder(policyServices());
  t.teardown(async () => chains.close());
  const settings = settingsOf('ip: { deny: 192.0.2.1 }');
  const [a, b] = await Promise.all(['a', 'b'].map(async (id) => chains.chainOf({ id, settings })));
  t.equal(a?.requestPhases[0], b?.requestPhases[0]);
});
