import t, { type Test } from 'tap';
import { NameWatches } from '../../src/balance/name-watches.ts';
import type { ResolveConfig } from '../../src/config/upstream-config.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { ScriptedLookup, settled } from '../helpers/scripted-lookup.ts';

const RESOLVE: ResolveConfig = { minMs: 1000, maxMs: 60_000, servers: [] };

function watchesOf(t: Test, script: ScriptedLookup) {
  const clock = new ManualClock();
  const changed: string[] = [];
  const watches = new NameWatches({ clock, logger: new MemoryLogger(), lookup: script.lookup, random: () => 0, onChange: (key) => changed.push(key) });
  t.teardown(() => watches.close());
  return { clock, changed, watches };
}

await t.test('a name asked for in one way is watched once, until its last user has gone', async (t) => {
  const script = new ScriptedLookup();
  script.say('app.test', ['10.0.0.1'], 1000);
  const { watches, clock, changed } = watchesOf(t, script);
  const key = watches.take('app.test', false, RESOLVE);
  t.equal(watches.take('app.test', false, { ...RESOLVE }), key);
  await settled();
  t.same(changed, [key]);
  t.equal(script.asked.length, 1);
  watches.release(key);
  t.not(watches.get(key), null);
  watches.release(key);
  t.equal(watches.get(key), null);
  t.equal(clock.tickers, 0);
});

await t.test('other bounds, servers or records are another watch', async (t) => {
  const { watches } = watchesOf(t, new ScriptedLookup());
  const keys = [
    watches.take('app.test', false, RESOLVE),
    watches.take('app.test', true, RESOLVE),
    watches.take('app.test', false, { ...RESOLVE, minMs: 2000 }),
    watches.take('app.test', false, { ...RESOLVE, maxMs: 2000 }),
    watches.take('app.test', false, { ...RESOLVE, servers: ['127.0.0.1:53'] }),
    watches.take('other.test', false, RESOLVE),
  ];
  t.equal(new Set(keys).size, keys.length);
});

await t.test('another way to ask for a known name begins with what is known, so that a reload during an outage empties nothing', async (t) => {
  const script = new ScriptedLookup();
  script.say('app.test', ['10.0.0.1']);
  const { watches } = watchesOf(t, script);
  watches.take('app.test', false, RESOLVE);
  await settled();
  script.fail('app.test');
  const key = watches.take('app.test', false, { ...RESOLVE, maxMs: 5000 });
  await settled();
  t.same(watches.get(key)?.records.map(({ address }) => address), ['10.0.0.1']);
  t.same(watches.get(watches.take('app.test', true, RESOLVE))?.records, []);
});
