import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createNameLookup, type NameQuery, type NameRecord } from '../../src/balance/name-lookup.ts';
import { DnsServer } from '../helpers/dns-server.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually } from '../helpers/wait-for.ts';

const PLAIN: Pick<NameRecord, 'service'> = { service: null };

interface System {
  readonly hosts?: string;
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly reachesIpv6?: boolean;
}

function lookupOf(t: Test, { hosts = '', names = {}, reachesIpv6 = true }: System = {}) {
  const hostsFile = join(tempDir(t), 'hosts');
  writeFileSync(hostsFile, hosts);
  const clock = new ManualClock();
  const asked: string[] = [];
  const askSystem = async (name: string): Promise<readonly string[]> => {
    asked.push(name);
    const addresses = names[name];
    if (addresses === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return addresses;
  };
  return { clock, asked, lookup: createNameLookup({ clock, hostsFile, askSystem, reachesIpv6: () => reachesIpv6 }) };
}

function query(name: string, server: DnsServer | null, srv = false): NameQuery {
  return { name, srv, servers: server === null ? [] : [server.address] };
}

await t.test('a name is every address it has, in both families, for as long as the shortest TTL says', async (t) => {
  const server = await DnsServer.start(t, { 'app.test': { addresses: ['10.0.0.2', '10.0.0.1', 'fd00::1'], ttl: 12 } });
  const { lookup, clock } = lookupOf(t);
  const { records, ttlMs } = await lookup(query('app.test', server));
  t.same(records, ['10.0.0.2', '10.0.0.1', 'fd00::1'].map((address) => ({ address, host: 'app.test', ...PLAIN })));
  t.equal(ttlMs, 12_000);
  t.equal(clock.tickers, 0);
});

await t.test('without a way out over IPv6 its addresses are left out beside IPv4, but not alone', async (t) => {
  const server = await DnsServer.start(t, {
    'both.test': { addresses: ['10.0.0.1', 'fd00::1'] },
    'six.test': { addresses: ['fd00::1'] },
    'here.test': { addresses: ['127.0.0.1', '::1'] },
  });
  const { lookup } = lookupOf(t, { reachesIpv6: false });
  const addressesOf = async (name: string) => (await lookup(query(name, server))).records.map(({ address }) => address);
  t.same(await addressesOf('both.test'), ['10.0.0.1']);
  t.same(await addressesOf('six.test'), ['fd00::1']);
  t.same(await addressesOf('here.test'), ['127.0.0.1', '::1']);
});

await t.test('the hosts file goes before everything, as it does for every other program', async (t) => {
  const { lookup, asked } = lookupOf(t, { hosts: '10.9.9.9 app.test\n', names: { 'app.test': ['10.0.0.1'] } });
  const { records, ttlMs } = await lookup(query('app.test', null));
  t.same(records, [{ address: '10.9.9.9', host: 'app.test', ...PLAIN }]);
  t.equal(ttlMs, 10_000);
  t.same(asked, []);
});

await t.test('own servers are asked alone: neither hosts file nor system may answer for them', async (t) => {
  const server = await DnsServer.start(t, {});
  const { lookup, asked } = lookupOf(t, { hosts: '10.9.9.9 app.test\n', names: { 'app.test': ['10.0.0.1'] } });
  await t.rejects(lookup(query('app.test', server)), { message: 'there is no such name' });
  t.same(asked, []);
});

await t.test('a name that DNS does not know may be known to the system', async (t) => {
  const { lookup, asked } = lookupOf(t, { names: { 'sluice-test.invalid': ['10.0.0.7'] } });
  const { records, ttlMs } = await lookup(query('sluice-test.invalid', null));
  t.same(records, [{ address: '10.0.0.7', host: 'sluice-test.invalid', ...PLAIN }]);
  t.equal(ttlMs, 10_000);
  t.same(asked, ['sluice-test.invalid']);
});

await t.test('what is wrong is said in words', async (t) => {
  const server = await DnsServer.start(t, { 'broken.test': 'servfail', 'empty.test': 'empty' });
  const { lookup } = lookupOf(t);
  await t.rejects(lookup(query('nobody.test', server)), { message: 'there is no such name' });
  await t.rejects(lookup(query('broken.test', server)), { message: 'the DNS server failed (SERVFAIL)' });
  await t.rejects(lookup(query('empty.test', server)), { message: 'the name has no address' });
  await t.rejects(lookup(query('_none._tcp.test', server, true)), { message: 'there is no such name' });
});

await t.test('a silent server is waited for at most five seconds', async (t) => {
  const server = await DnsServer.start(t, { 'slow.test': 'silence' });
  const { lookup, clock } = lookupOf(t);
  const answer = lookup(query('slow.test', server));
  await eventually(() => server.queries('slow.test') > 0);
  clock.advance(5000);
  await t.rejects(answer, { message: 'no answer within 5 s' });
  t.equal(clock.tickers, 0);
});

await t.test('SRV: the addresses of every host, with its port and weight; only the lowest priority is no backup', async (t) => {
  const server = await DnsServer.start(t, {
    '_http._tcp.test': { services: [
      { name: 'a.test', port: 8001, priority: 10, weight: 60 },
      { name: 'b.test', port: 8002, priority: 10, weight: 20 },
      { name: 'c.test', port: 8003, priority: 20 },
    ] },
    'a.test': { addresses: ['10.0.0.1', '10.0.0.2'], ttl: 4 },
    'b.test': { addresses: ['10.0.0.3'] },
    'c.test': { addresses: ['10.0.0.4'] },
  });
  const { records, ttlMs } = await lookupOf(t).lookup(query('_http._tcp.test', server, true));
  t.same(records.toSorted((a, b) => (a.address < b.address ? -1 : 1)), [
    { address: '10.0.0.1', host: 'a.test', service: { port: 8001, weight: 60, backup: false } },
    { address: '10.0.0.2', host: 'a.test', service: { port: 8001, weight: 60, backup: false } },
    { address: '10.0.0.3', host: 'b.test', service: { port: 8002, weight: 20, backup: false } },
    { address: '10.0.0.4', host: 'c.test', service: { port: 8003, weight: 0, backup: true } },
  ]);
  t.equal(ttlMs, 4000);
});

await t.test('SRV: a host that does not resolve takes none of the others with it, and its old addresses are not denied', async (t) => {
  const server = await DnsServer.start(t, {
    '_http._tcp.test': { services: [{ name: 'a.test', port: 80 }, { name: 'b.test', port: 80 }] },
    'a.test': { addresses: ['10.0.0.1'] },
    'b.test': 'servfail',
  });
  const answer = await lookupOf(t).lookup(query('_http._tcp.test', server, true));
  t.same(answer.records.map(({ address }) => address), ['10.0.0.1']);
  const service = { port: 80, weight: 0, backup: false };
  t.equal(answer.isUnknown({ address: '10.0.0.2', host: 'b.test', service }), true);
  t.equal(answer.isUnknown({ address: '10.0.0.9', host: 'a.test', service }), false);
});

await t.test('SRV: the word that a service is not offered is no address', async (t) => {
  const server = await DnsServer.start(t, {
    '_http._tcp.test': { services: [{ name: '.', port: 0 }] },
    '_lost._tcp.test': { services: [{ name: 'nobody.test', port: 80 }] },
  });
  const { lookup } = lookupOf(t);
  await t.rejects(lookup(query('_http._tcp.test', server, true)), { message: 'its SRV records name no host' });
  await t.rejects(lookup(query('_lost._tcp.test', server, true)), { message: 'none of the hosts that its SRV records name has an address' });
});

await t.test('a family without an answer leaves its earlier addresses undecided', async (t) => {
  const server = await DnsServer.start(t, { 'half.test': { addresses: ['10.0.0.1'], failFamily: 6 } });
  const answer = await lookupOf(t).lookup(query('half.test', server));
  t.equal(answer.isUnknown({ address: 'fd00::1', host: 'half.test', ...PLAIN }), true);
  t.equal(answer.isUnknown({ address: '10.0.0.2', host: 'half.test', ...PLAIN }), false);
  t.equal(answer.isUnknown({ address: 'fd00::1', host: 'other.test', ...PLAIN }), false);
});
