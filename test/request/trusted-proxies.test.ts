import * as fc from 'fast-check';
import t from 'tap';
import { TrustedProxies } from '../../src/request/trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8:cdc::/48']);

await t.test('a peer is trusted by its block, in either spelling, and a unix socket never', async (t) => {
  t.equal(proxies.isTrusted('10.1.2.3'), true);
  t.equal(proxies.isTrusted('::ffff:10.1.2.3'), true);
  t.equal(proxies.isTrusted('2001:db8:cdc::7'), true);
  t.equal(proxies.isTrusted('11.1.2.3'), false);
  t.equal(proxies.isTrusted(''), false);
  t.equal(proxies.isTrusted(undefined), false);
  t.equal(proxies.isTrusted('unknown'), false);
  t.equal(new TrustedProxies([]).isTrusted('10.1.2.3'), false);
  t.equal(new TrustedProxies(['0.0.0.0/0', '::/0']).isTrusted(''), false);
});

await t.test('X-Forwarded-For of a stranger is not read', async (t) => {
  t.equal(proxies.clientAddress('203.0.113.9', '198.51.100.1'), '203.0.113.9');
  t.equal(proxies.clientAddress('::ffff:203.0.113.9', '198.51.100.1'), '203.0.113.9');
  t.equal(proxies.clientAddress('', '198.51.100.1'), '');
  t.equal(proxies.clientAddress(undefined, '198.51.100.1'), '');
  t.equal(new TrustedProxies([]).clientAddress('10.0.0.1', '198.51.100.1'), '10.0.0.1');
});

await t.test('behind trusted proxies the client is the last address that is none of them', async (t) => {
  const cases: readonly (readonly [forwardedFor: string | undefined, client: string])[] = [
    [undefined, '10.0.0.1'],
    ['', '10.0.0.1'],
    ['198.51.100.1', '198.51.100.1'],
    ['192.0.2.66, 198.51.100.1', '198.51.100.1'],
    ['192.0.2.66,198.51.100.1 ,\t10.0.0.2', '198.51.100.1'],
    ['198.51.100.1, 2001:db8:cdc::7, 10.0.0.2', '198.51.100.1'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['198.51.100.1:4711', '198.51.100.1'],
    ['[2001:DB8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8:0::1', '2001:db8::1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['198.51.100.1, ::ffff:10.0.0.2', '198.51.100.1'],
  ];
  for (const [forwardedFor, client] of cases) t.equal(proxies.clientAddress('10.0.0.1', forwardedFor), client, forwardedFor ?? 'none');
});

await t.test('an entry that is no address ends the walk at the last good one', async (t) => {
  const cases: readonly (readonly [forwardedFor: string, client: string])[] = [
    ['unknown', '10.0.0.1'],
    ['198.51.100.1, unknown, 10.0.0.2', '10.0.0.2'],
    ['198.51.100.1,, 10.0.0.2', '10.0.0.2'],
    [',10.0.0.2', '10.0.0.2'],
    ['198.51.100.1,', '10.0.0.1'],
    ['"198.51.100.1"', '10.0.0.1'],
    ['198.51.100.1:port', '10.0.0.1'],
    ['[198.51.100.1', '10.0.0.1'],
    ['198.51.100.1 10.0.0.2', '10.0.0.1'],
    [' '.repeat(200) + '198.51.100.1', '10.0.0.1'],
  ];
  for (const [forwardedFor, client] of cases) t.equal(proxies.clientAddress('10.0.0.1', forwardedFor), client, forwardedFor);
});

await t.test('a chain longer than any real one is not followed to its end', async (t) => {
  t.equal(proxies.clientAddress('10.0.0.1', `198.51.100.1${', 10.0.0.2'.repeat(31)}`), '198.51.100.1');
  t.equal(proxies.clientAddress('10.0.0.1', `198.51.100.1${', 10.0.0.2'.repeat(32)}`), '10.0.0.2');
  t.equal(proxies.clientAddress('10.0.0.1', ','.repeat(16_000)), '10.0.0.1');
});

await t.test('property: what a client writes before the entry of the first proxy changes nothing', async (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.9', ',', 'unknown')), (forged) => {
      return proxies.clientAddress('10.0.0.1', `${forged}, 198.51.100.1, 10.0.0.2`) === '198.51.100.1';
    }),
    { numRuns: 1000 },
  );
  t.pass('forged entries stand to the left of true ones');
});
