import t, { type Test } from 'tap';
import { createNameLookup, type LookupName, type NameRecord } from '../../src/balance/name-lookup.ts';
import { ADDRESSES_MAX, NameWatch } from '../../src/balance/name-watch.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { DnsServer } from '../helpers/dns-server.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { ScriptedLookup, settled } from '../helpers/scripted-lookup.ts';
import { eventually } from '../helpers/wait-for.ts';

const NAME = 'app.test';

interface WatchOptions {
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly random?: number;
  readonly initial?: readonly NameRecord[];
  readonly lookup?: LookupName;
  readonly servers?: readonly string[];
}

function watchOf(t: Test, script: ScriptedLookup, options: WatchOptions = {}) {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const changes: (readonly string[])[] = [];
  const { minMs = 1000, maxMs = 60_000, random = 0, initial = [], servers = [] } = options;
  const watch = new NameWatch({
    query: { name: NAME, srv: false, servers },
    bounds: { minMs, maxMs },
    lookup: options.lookup ?? script.lookup,
    clock,
    logger,
    random: () => random,
    initial,
    onChange: () => changes.push(addresses()),
  });
  t.teardown(() => watch.close());
  const addresses = (): string[] => watch.records.map(({ address }) => address);
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  const messages = (): string[] => logger.entries.map(({ level, message }) => `${level}: ${message}`);
  return { watch, clock, logger, changes, addresses, advance, messages };
}

await t.test('addresses are sorted, each once, and a change is reported only where there is one', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, ['10.0.0.2', '10.0.0.1', '10.0.0.2'], 10_000);
  const { watch, changes, advance } = watchOf(t, script);
  await watch.first;
  t.same(changes, [['10.0.0.1', '10.0.0.2']]);
  script.say(NAME, ['10.0.0.1', '10.0.0.2'], 10_000);
  await advance(10_000);
  t.equal(script.asked.length, 2);
  t.equal(changes.length, 1);
  script.say(NAME, ['10.0.0.3', '10.0.0.2'], 10_000);
  await advance(10_000);
  t.same(changes.at(-1), ['10.0.0.2', '10.0.0.3']);
});

await t.test('a name is asked for again when its TTL is over, within the bounds', async (t) => {
  for (const [ttlMs, dueMs] of [[10_000, 10_000], [0, 1000], [86_400_000, 60_000]] as const) {
    const script = new ScriptedLookup();
    script.say(NAME, ['10.0.0.1'], ttlMs);
    const { watch, advance } = watchOf(t, script);
    await watch.first;
    await advance(dueMs - 1);
    t.equal(script.asked.length, 1, `not before ${dueMs} ms with a TTL of ${ttlMs} ms`);
    await advance(1);
    t.equal(script.asked.length, 2, `at ${dueMs} ms with a TTL of ${ttlMs} ms`);
  }
});

await t.test('jitter asks up to a tenth earlier, and never below the minimum', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, ['10.0.0.1'], 10_000);
  const { watch, advance } = watchOf(t, script, { random: 0.5 });
  await watch.first;
  await advance(9499);
  t.equal(script.asked.length, 1);
  script.say(NAME, ['10.0.0.1'], 1000);
  await advance(1);
  t.equal(script.asked.length, 2);
  await advance(999);
  t.equal(script.asked.length, 2);
  await advance(1);
  t.equal(script.asked.length, 3);
});

await t.test('a refresh asks at once, but at most once per minimum', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, ['10.0.0.1'], 60_000);
  const { watch, advance } = watchOf(t, script, { minMs: 2000 });
  await watch.first;
  watch.refresh();
  watch.refresh();
  await settled();
  t.equal(script.asked.length, 1, 'the first question was only just asked');
  await advance(2000);
  t.equal(script.asked.length, 2, 'asked as soon as the minimum allowed');
  await advance(5000);
  t.equal(script.asked.length, 2);
  watch.refresh();
  await settled();
  t.equal(script.asked.length, 3, 'asked at once');
  await advance(59_999);
  t.equal(script.asked.length, 3, 'and then by its TTL');
  await advance(1);
  t.equal(script.asked.length, 4);
});

await t.test('a refresh while a question is open asks once more after it, for the answer may be old', async (t) => {
  const script = new ScriptedLookup();
  const question = script.hold(NAME);
  const { watch, advance } = watchOf(t, script);
  await advance(300);
  watch.refresh();
  t.equal(script.asked.length, 1);
  script.say(NAME, ['10.0.0.1'], 60_000);
  await question.release();
  t.equal(script.asked.length, 1);
  await advance(700);
  t.equal(script.asked.length, 2);
});

await t.test('a failure takes nothing away, is said once, and so is its end', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, ['10.0.0.1', '10.0.0.2'], 1000);
  const { watch, addresses, advance, messages, changes } = watchOf(t, script);
  await watch.first;
  script.fail(NAME);
  for (let i = 0; i < 5; i += 1) await advance(5000);
  t.ok(script.asked.length > 5, 'it went on asking');
  t.same(addresses(), ['10.0.0.1', '10.0.0.2']);
  t.same(messages(), ['warn: a name cannot be resolved, its last addresses stay in use']);
  script.say(NAME, ['10.0.0.1', '10.0.0.2'], 1000);
  await advance(5000);
  await advance(1000);
  t.same(messages().slice(1), ['info: a name resolves again']);
  t.equal(changes.length, 1);
});

await t.test('a name that never resolved is a warning, and is asked for again at a growing distance of at most 5 s', async (t) => {
  const script = new ScriptedLookup();
  const { watch, addresses, advance, logger, changes } = watchOf(t, script);
  await watch.first;
  t.same(addresses(), []);
  t.match(logger.entries, [{ level: 'warn', message: 'a name cannot be resolved, it has no address yet', fields: { name: NAME, reason: 'there is no such name' } }]);
  for (const waitMs of [1000, 2000, 4000, 5000, 5000]) {
    const before = script.asked.length;
    await advance(waitMs - 1);
    t.equal(script.asked.length, before, `not before ${waitMs} ms`);
    await advance(1);
    t.equal(script.asked.length, before + 1, `at ${waitMs} ms`);
  }
  t.equal(logger.entries.length, 1);
  script.say(NAME, ['10.0.0.1']);
  await advance(5000);
  t.same(changes, [['10.0.0.1']]);
});

await t.test('addresses that an answer leaves undecided stay, others go', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, ['10.0.0.1', '10.0.0.2', 'fd00::1'], 1000);
  const { watch, addresses, advance } = watchOf(t, script);
  await watch.first;
  script.say(NAME, ['10.0.0.1'], 1000, ({ address }) => address.includes(':'));
  await advance(1000);
  t.same(addresses(), ['10.0.0.1', 'fd00::1']);
});

await t.test('of services that share an address and port, the one that is no backup stands', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, [['10.0.0.1', 80, 1, true], ['10.0.0.1', 80, 5], ['10.0.0.1', 81, 1]]);
  const { watch } = watchOf(t, script);
  await watch.first;
  t.same(watch.records.map(({ service }) => service), [{ port: 80, weight: 5, backup: false }, { port: 81, weight: 1, backup: false }]);
});

await t.test('the number of addresses has a bound, and more are said to be too many', async (t) => {
  const script = new ScriptedLookup();
  script.say(NAME, Array.from({ length: ADDRESSES_MAX + 10 }, (_, i) => `10.0.${i >> 8}.${i & 255}`));
  const { watch, logger } = watchOf(t, script);
  await watch.first;
  t.equal(watch.records.length, ADDRESSES_MAX);
  t.match(logger.entries, [{ message: 'a name has too many addresses', fields: { addresses: ADDRESSES_MAX + 10, used: ADDRESSES_MAX } }]);
});

await t.test('what a sibling knew is used until the first answer, and stays where that is none', async (t) => {
  const script = new ScriptedLookup();
  const initial = [{ address: '10.0.0.1', host: NAME, service: null }];
  const { watch, addresses, changes } = watchOf(t, script, { initial });
  t.same(addresses(), ['10.0.0.1']);
  await watch.first;
  t.same(addresses(), ['10.0.0.1']);
  t.equal(changes.length, 0);
});

await t.test('a watch that was closed asks and says nothing more, even where an answer is on its way', async (t) => {
  const script = new ScriptedLookup();
  const question = script.hold(NAME);
  const { watch, clock, changes, logger } = watchOf(t, script);
  watch.close();
  await watch.first;
  script.say(NAME, ['10.0.0.1']);
  await question.release();
  watch.refresh();
  clock.advance(600_000);
  await settled();
  t.equal(script.asked.length, 1);
  t.equal(clock.tickers, 0);
  t.same([changes, logger.entries], [[], []]);
});

await t.test('with real DNS: a flapping server empties nothing, and a moved container is found by a refresh', async (t) => {
  const server = await DnsServer.start(t, { [NAME]: { addresses: ['127.0.0.1', '127.0.0.2'], ttl: 600 } });
  const lookup = createNameLookup({ clock: systemClock });
  let answered = 0;
  const counted: LookupName = async (query) => lookup(query).finally(() => (answered += 1));
  const { watch, clock, addresses, changes } = watchOf(t, new ScriptedLookup(), { lookup: counted, servers: [server.address], maxMs: 600_000 });
  await watch.first;
  for (const zone of ['nxdomain', 'servfail', 'empty'] as const) {
    const before = answered;
    server.set(NAME, zone);
    clock.advance(5000);
    watch.refresh();
    await eventually(() => answered > before);
    await settled();
    t.same(addresses(), ['127.0.0.1', '127.0.0.2'], zone);
  }
  t.equal(changes.length, 1);
  server.set(NAME, { addresses: ['127.0.0.3'] });
  await eventually(() => {
    clock.advance(1000);
    watch.refresh();
    return addresses().join() === '127.0.0.3';
  });
});
