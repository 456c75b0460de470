import t, { type Test } from 'tap';
import type { MemberSpec } from '../../src/balance/member.ts';
import { Roster } from '../../src/balance/roster.ts';
import type { UpstreamConfig } from '../../src/config/upstream-config.ts';
import { createSlotMemory, Mode, SlotField, SLOTS_MAX, Slots } from '../../src/lib/slots.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { DnsServer } from '../helpers/dns-server.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { ScriptedLookup, settled } from '../helpers/scripted-lookup.ts';
import { eventually } from '../helpers/wait-for.ts';

interface Change {
  readonly upstream: string;
  readonly keys: readonly string[];
  readonly rosterId: number;
}

function upstream(targets: string, options = 'resolve: { min: 1s }'): UpstreamConfig {
  return upstreamOf(options, targets);
}

/** An upstream whose members take this many slots, besides those of its names. */
function crowd(count: number, ...names: readonly string[]): UpstreamConfig {
  const made = upstream(JSON.stringify([...names, '10.0.0.0:80']));
  const last = made.targets.at(-1);
  if (last === undefined) throw new Error('the upstream has targets');
  const addresses = Array.from({ length: count }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
  const targets = addresses.map((host) => ({ ...last, name: `${host}:80`, host }));
  return { ...made, targets: [...made.targets.slice(0, -1), ...targets] };
}

function rosterWith(t: Test, script: ScriptedLookup | null, clock: Clock) {
  const slots = new Slots(createSlotMemory(1, clock.now() - 1000), 0);
  const logger = new MemoryLogger();
  const changes: Change[] = [];
  const roster = new Roster({
    clock, logger, slots, random: () => 0,
    ...(script === null ? {} : { lookup: script.lookup }),
    onChange: (name, members, rosterId) => changes.push({ upstream: name, keys: keysOf(members), rosterId }),
  });
  t.teardown(() => roster.close());
  return { roster, slots, logger, changes, keys: () => keysOf(roster.members('api')) };
}

function keysOf(members: readonly MemberSpec[]): string[] {
  return members.map(({ key }) => key);
}

await t.test('a generation has the slot of each upstream and the members behind its targets, as plain data', async (t) => {
  const script = new ScriptedLookup();
  script.say('app.test', ['10.0.0.2', '10.0.0.1']);
  const { roster } = rosterWith(t, script, new ManualClock());
  const generation = await roster.prepare([upstream('["app.test:8000", "10.0.0.9:80", "unix:/run/app.sock"]')]);
  t.same(structuredClone(generation), generation);
  const api = generation.upstreams['api'];
  t.same(api?.members.map(({ key, address, port }) => [key, address, port]), [
    ['app.test:8000@10.0.0.1', '10.0.0.1', 8000],
    ['app.test:8000@10.0.0.2', '10.0.0.2', 8000],
    ['10.0.0.9:80', '10.0.0.9', 80],
    ['unix:/run/app.sock', null, 0],
  ]);
  const numbers = [api?.slot, ...(api?.members ?? []).map(({ slot }) => slot)];
  t.equal(new Set(numbers).size, 5);
  t.same(script.asked, ['app.test']);
});

await t.test('a start does not fail for a name that does not resolve; its members follow when it does', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  const { roster, logger, changes } = rosterWith(t, script, clock);
  const generation = await roster.prepare([upstream('["app.test:8000", "10.0.0.9:80"]')]);
  t.same(keysOf(generation.upstreams['api']?.members ?? []), ['10.0.0.9:80']);
  t.match(logger.entries, [{ level: 'warn', fields: { name: 'app.test' } }]);
  script.say('app.test', ['10.0.0.1']);
  clock.advance(1000);
  await settled();
  t.same(changes, [{ upstream: 'api', keys: ['app.test:8000@10.0.0.1', '10.0.0.9:80'], rosterId: generation.id }]);
  t.same(keysOf(roster.latest(generation).upstreams['api']?.members ?? []), changes[0]?.keys);
});

await t.test('a start waits two seconds for DNS and goes on without it', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  const question = script.hold('app.test');
  const { roster, logger, changes } = rosterWith(t, script, clock);
  const prepared = roster.prepare([upstream('"app.test:8000"')]);
  await settled();
  clock.advance(2000);
  const generation = await prepared;
  t.same(generation.upstreams['api']?.members, []);
  t.match(logger.entries, [{ level: 'warn', fields: { names: ['app.test'] } }]);
  script.say('app.test', ['10.0.0.1']);
  await question.release();
  t.same(changes, [{ upstream: 'api', keys: ['app.test:8000@10.0.0.1'], rosterId: generation.id }]);
});

await t.test('a change reaches every living generation that has the name, with its own members, and no other', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  script.say('app.test', ['10.0.0.1'], 1000);
  script.say('other.test', ['10.0.1.1'], 60_000);
  const { roster, changes } = rosterWith(t, script, clock);
  const first = await roster.prepare([upstream('"app.test:8000"')]);
  const second = await roster.prepare([upstream('["app.test:8000", "10.0.0.9:80"]'), { ...upstream('"other.test:80"'), name: 'other' }]);
  script.say('app.test', ['10.0.0.2'], 1000);
  clock.advance(1000);
  await settled();
  t.same(changes, [
    { upstream: 'api', keys: ['app.test:8000@10.0.0.2'], rosterId: first.id },
    { upstream: 'api', keys: ['app.test:8000@10.0.0.2', '10.0.0.9:80'], rosterId: second.id },
  ]);
  roster.release(first);
  script.say('app.test', ['10.0.0.3'], 1000);
  clock.advance(1000);
  await settled();
  t.same(changes.slice(2).map(({ rosterId }) => rosterId), [second.id]);
});

await t.test('a reload keeps watch, slot, counts and mode of what it leaves as it was', async (t) => {
  const script = new ScriptedLookup();
  script.say('app.test', ['10.0.0.1']);
  const { roster, slots } = rosterWith(t, script, new ManualClock());
  const first = await roster.prepare([upstream('"app.test:8000"')]);
  const slot = first.upstreams['api']?.members[0]?.slot ?? -1;
  slots.slot(slot).store(SlotField.Unhealthy, 1);
  roster.setMode('api', 'app.test:8000', 'drain');
  const second = await roster.prepare([upstream('["10.0.0.9:80", "app.test:8000"]')]);
  roster.release(first);
  t.equal(script.asked.length, 1);
  t.equal(second.upstreams['api']?.slot, first.upstreams['api']?.slot);
  t.equal(second.upstreams['api']?.members[1]?.slot, slot);
  t.equal(slots.slot(slot).load(SlotField.Unhealthy), 1);
  t.equal(slots.slot(slot).load(SlotField.Mode), Mode.Drain);
});

await t.test('when its last generation has gone, a name is no longer asked for and the slots are free again', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  script.say('app.test', ['10.0.0.1'], 1000);
  const { roster, keys } = rosterWith(t, script, clock);
  const generation = await roster.prepare([upstream('"app.test:8000"')]);
  roster.release(generation);
  clock.advance(70_000);
  await settled();
  t.equal(script.asked.length, 1);
  t.same(keys(), []);
  t.same(roster.latest(generation).upstreams, {});
  await t.resolves(roster.prepare([crowd(SLOTS_MAX - 1)]), 'every slot can be had');
});

await t.test('more members than slots are refused in words, and nothing of it stays', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  script.say('app.test', ['10.0.0.1'], 1000);
  const { roster, keys } = rosterWith(t, script, clock);
  await t.rejects(roster.prepare([crowd(SLOTS_MAX, 'app.test:8000')]), { name: 'RangeError', message: /all 4096 slots are taken/ });
  t.same(keys(), []);
  clock.advance(70_000);
  await settled();
  t.equal(script.asked.length, 1);
});

await t.test('where slots run short, those of members who have left are given away before their time, unless they serve', async (t) => {
  const { roster, slots } = rosterWith(t, new ScriptedLookup(), new ManualClock());
  const busy = await roster.prepare([crowd(SLOTS_MAX - 1)]);
  const [first] = busy.upstreams['api']?.members ?? [];
  roster.release(busy);
  slots.slot(first?.slot ?? -1).addInFlight(1);
  const others = { ...crowd(SLOTS_MAX - 2), name: 'other' };
  await t.rejects(roster.prepare([others]), RangeError, 'the upstream of the one that serves has its slot too');
  slots.slot(first?.slot ?? -1).addInFlight(-1);
  await t.resolves(roster.prepare([others]));
});

await t.test('new addresses for which there is no slot leave the old ones in place, and that is said', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  script.say('app.test', ['10.0.0.1'], 1000);
  const { roster, logger, keys, changes } = rosterWith(t, script, clock);
  await roster.prepare([crowd(SLOTS_MAX - 2, 'app.test:8000')]);
  script.say('app.test', ['10.0.0.2'], 1000);
  clock.advance(1000);
  await settled();
  t.equal(keys()[0], 'app.test:8000@10.0.0.1');
  t.same(changes, []);
  t.match(logger.entries.at(-1), { level: 'error', fields: { upstream: 'api' } });
});

await t.test('a failed connection asks for the names of that upstream at once, and at most once per minimum', async (t) => {
  const script = new ScriptedLookup();
  const clock = new ManualClock();
  script.say('app.test', ['10.0.0.1']);
  script.say('other.test', ['10.0.1.1']);
  const { roster } = rosterWith(t, script, clock);
  await roster.prepare([upstream('["app.test:8000", "10.0.0.9:80"]'), { ...upstream('"other.test:80"'), name: 'other' }]);
  clock.advance(5000);
  roster.connectFailed('api');
  roster.connectFailed('api');
  roster.connectFailed('nobody');
  await settled();
  t.same(script.asked, ['app.test', 'other.test', 'app.test']);
});

await t.test('each member is visible: state, reason, since, counts', async (t) => {
  const clock = new ManualClock();
  const { roster, slots } = rosterWith(t, new ScriptedLookup(), clock);
  const generation = await roster.prepare([upstream('["10.0.0.1:80", "10.0.0.2:80"]')]);
  const startMs = clock.now();
  clock.advance(5000);
  t.equal(roster.setMode('api', '10.0.0.2:80', 'down'), true);
  t.equal(roster.setMode('api', '10.0.0.3:80', 'down'), false);
  t.equal(roster.setMode('nobody', '10.0.0.2:80', 'down'), false);
  slots.slot(generation.upstreams['api']?.members[0]?.slot ?? -1).addInFlight(2);
  t.same(roster.status(), [
    { upstream: 'api', key: '10.0.0.1:80', state: 'up', reason: 'nothing has happened yet', sinceMs: startMs, lastCheck: null, inFlight: 2, requests: 0, failures: 0, ejections: 0 },
    { upstream: 'api', key: '10.0.0.2:80', state: 'down', reason: 'set by the operator', sinceMs: startMs + 5000, lastCheck: null, inFlight: 0, requests: 0, failures: 0, ejections: 0 },
  ]);
});

await t.test('checks and recovery see each upstream as its youngest generation wants it', async (t) => {
  const { roster } = rosterWith(t, new ScriptedLookup(), new ManualClock());
  await roster.prepare([upstream('"10.0.0.1:80"')]);
  const second = await roster.prepare([upstream('"10.0.0.2:80"', 'slowStart: 7s')]);
  const seen = () => roster.upstreams().map(({ config, members }) => [config.slowStartMs, ...keysOf(members)]);
  t.same(seen(), [[7000, '10.0.0.2:80']]);
  roster.release(second);
  t.same(seen(), [[0, '10.0.0.1:80']]);
});

await t.test('threat: a generation that is only prepared, and may be refused, changes nothing for the members of the one in force', async (t) => {
  const { roster } = rosterWith(t, new ScriptedLookup(), new ManualClock());
  const first = await roster.prepare([upstream('["10.0.0.1:80", "10.0.0.2:80"]', 'slowStart: 1s')]);
  roster.adopt(first);
  const second = await roster.prepare([upstream('["10.0.0.2:80", "10.0.0.3:80"]', 'slowStart: 7s')]);
  const seen = () => roster.upstreams().map(({ config, members }) => [config.slowStartMs, ...keysOf(members)]);
  t.same(seen(), [[1000, '10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80']], 'who is new is looked after beside the others');
  t.same(roster.upstreamsOf(second).map(({ config, members }) => [config.slowStartMs, ...keysOf(members)]), [[7000, '10.0.0.2:80', '10.0.0.3:80']]);
  roster.adopt(second);
  t.same(seen(), [[7000, '10.0.0.2:80', '10.0.0.3:80']]);
  const third = await roster.prepare([upstream('"10.0.0.9:80"', 'slowStart: 9s')]);
  roster.release(third);
  t.same(seen(), [[7000, '10.0.0.2:80', '10.0.0.3:80']]);
});

await t.test('a roster that was closed leaves no timer behind', async (t) => {
  const clock = new ManualClock();
  const { roster } = rosterWith(t, new ScriptedLookup(), clock);
  await roster.prepare([upstream('"app.test:8000"')]);
  roster.close();
  t.equal(clock.tickers, 0);
});

await t.test('with real DNS: A, AAAA and SRV, a container that moves, and a server that fails', async (t) => {
  const server = await DnsServer.start(t, {
    'app.test': { addresses: ['127.0.0.1', '::1'], ttl: 1 },
    '_http._tcp.test': { services: [{ name: 'a.test', port: 8001, weight: 3 }, { name: 'b.test', port: 8002, priority: 1 }] },
    'a.test': { addresses: ['127.0.0.2'] },
    'b.test': { addresses: ['127.0.0.3'] },
  });
  const { roster, changes, keys } = rosterWith(t, null, systemClock);
  const config = upstream('["app.test:8000", "srv:_http._tcp.test"]', `resolve: { min: 100ms, servers: ["${server.address}"] }`);
  const generation = await roster.prepare([config]);
  t.match(generation.upstreams['api']?.members, [
    { key: 'app.test:8000@127.0.0.1' },
    { key: 'app.test:8000@::1' },
    { key: 'srv:_http._tcp.test@127.0.0.2:8001', target: { host: 'a.test', weight: 3, backup: false } },
    { key: 'srv:_http._tcp.test@127.0.0.3:8002', target: { host: 'b.test', weight: 1, backup: true } },
  ]);
  server.set('_http._tcp.test', 'servfail');
  server.set('app.test', { addresses: ['127.0.0.9'], ttl: 600 });
  await eventually(() => {
    roster.connectFailed('api');
    return changes.length > 0;
  });
  t.same(keys(), ['app.test:8000@127.0.0.9', 'srv:_http._tcp.test@127.0.0.2:8001', 'srv:_http._tcp.test@127.0.0.3:8002']);
});
