import t from 'tap';
import { ipFilter } from '../../src/policy/ip-filter.ts';
import { ask, startPolicy } from '../helpers/policies.ts';

async function passes(options: string, clientAddress: string): Promise<boolean> {
  const { error } = await ask(await startPolicy(ipFilter, `ip: ${options}`), { change: { clientAddress } });
  if (error !== null) t.match(error, { code: 'forbidden_address' });
  return error === null;
}

await t.test('allow lets in nobody else, deny nobody of it, and deny counts before allow', async (t) => {
  const allow = '{ allow: [10.0.0.0/8, "2001:db8::/32"] }';
  t.strictSame(await Promise.all(['10.1.2.3', '11.0.0.1', '2001:db8::1', '2001:db9::1'].map(async (address) => passes(allow, address))), [true, false, true, false]);
  t.strictSame(await Promise.all(['192.0.2.1', '192.0.2.2'].map(async (address) => passes('{ deny: 192.0.2.1 }', address))), [false, true]);
  t.strictSame(await Promise.all(['10.0.0.1', '10.0.0.2'].map(async (address) => passes('{ allow: 10.0.0.0/8, deny: 10.0.0.1 }', address))), [false, true]);
});

await t.test('threat: an IPv4 address written as IPv6 is the same address', async (t) => {
  t.equal(await passes('{ deny: 192.0.2.1 }', '::ffff:192.0.2.1'), false);
  t.equal(await passes('{ deny: "::ffff:192.0.2.1" }', '192.0.2.1'), false);
});

await t.test('a client without an address is in no block', async (t) => {
  t.equal(await passes('{ allow: 0.0.0.0/0 }', ''), false);
  t.equal(await passes('{ deny: 0.0.0.0/0 }', ''), true);
});
