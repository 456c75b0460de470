import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { ReloadResult } from '../../src/admin/services.ts';
import { loadConfig } from '../../src/config/load.ts';
import { OneAtATime } from '../../src/lib/one-at-a-time.ts';
import type { GenerationPlan } from '../../src/workers/messages.ts';
import { Reloader } from '../../src/workers/reloader.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

function yaml(body: string, more = ''): string {
  return `listen: { http: 80 }\n${more}\nroutes: [{ respond: { body: "${body}" } }]`;
}

/** A reloader of a file, whose generations are plans and nothing else. */
function start(t: Test, first = yaml('first')) {
  const file = path.join(tempDir(t), 'gateway.yaml');
  const write = (text: string): void => writeFileSync(file, text);
  write(first);
  const loaded = loadConfig(file, { env: {} });
  const clock = new ManualClock();
  const logger = Object.assign(new MemoryLogger(), { setLevel: () => undefined, flush: () => undefined, dropped: 0 });
  const state = { current: { generation: 1, config: loaded.config, cellIndex: {}, roster: { id: 1, upstreams: {} }, tls: null } as GenerationPlan, isServing: true };
  const results: ReloadResult[] = [];
  let building = Promise.resolve();
  const changes = new OneAtATime();
  const reloader = new Reloader({
    file, env: {}, clock, logger, changes,
    pinned: { apply: async (listen) => listen },
    parts: {
      certificates: { prepare: async () => ({ material: null, setup: null, onDemand: null }), adopt: () => undefined, discard: async () => undefined },
      plans: { make: async (generation, config) => ({ ...state.current, generation, config }), latest: (plan) => plan, release: () => undefined },
      crew: { build: async () => building, discard: () => undefined, swap: async () => undefined },
      admin: { moveTo: async () => undefined },
      fleet: { askNew: async () => ['somebody does not answer'], adopt: () => undefined },
    },
    current: () => state.current,
    isServing: () => state.isServing,
    members: () => [],
    onVerdict: () => undefined,
    onReady: (plan) => { state.current = plan; },
    onResult: (result) => void results.push(result),
  });
  t.teardown(() => reloader.close());
  reloader.watch(loaded.found);
  const reached = async (count: number): Promise<void> => {
    await eventually(() => {
      clock.advance(20);
      return results.length >= count;
    }, 20_000);
  };
  /** How many reloads there are when nothing moves any more, and the slow look has been. */
  const rest = async (): Promise<number> => {
    await unmoved(() => {
      clock.advance(500);
      return results.length;
    });
    await changes.idle;
    return results.length;
  };
  const body = (): string => {
    const [route] = state.current.config.routes;
    return route?.action.kind === 'respond' ? route.action.body : '';
  };
  return { file, write, clock, logger, state, results, reloader, reached, rest, body, hold: (until: Promise<void>) => { building = until; } };
}

await t.test('a changed file is taken over by itself, and the log says which and what number it became', async (t) => {
  const { file, write, logger, results, reached, rest, body } = start(t);
  write(yaml('second'));
  await reached(1);
  t.equal(body(), 'second');
  t.match(results, [{ ok: true, generation: 2, warnings: ['somebody does not answer'] }]);
  t.match(logger.entries.map(({ message, fields }) => [message, fields]), [
    ['the configuration has changed', { files: [file], more: 0 }],
    ['configuration reloaded', { generation: 2 }],
    ['somebody does not answer', { generation: 2 }],
  ]);
  t.equal(await rest(), 1);
});

await t.test('a broken file is refused once, with its place; the next content is tried, be it the one of before', async (t) => {
  const { write, logger, results, reached, rest, body } = start(t);
  write(yaml('second', 'nonsense: 1'));
  await reached(1);
  t.equal(await rest(), 1, 'the same content is not offered again');
  t.match(results, [{ ok: false, reason: 'invalid' }]);
  const refusals = logger.entries.filter(({ level }) => level === 'error');
  t.equal(refusals.length, 1);
  t.match(refusals[0]?.fields, { first: /gateway\.yaml:2:1/ });
  t.equal(body(), 'first');
  write(yaml('first'));
  await reached(2);
  t.match(results[1], { ok: true, generation: 2 });
});

await t.test('a file that is deleted is refused once, and taken when it is back', async (t) => {
  const { file, write, results, reached, rest, body } = start(t);
  rmSync(file);
  await reached(1);
  t.equal(await rest(), 1);
  t.match(results, [{ ok: false, diagnostics: [/there is no such file/] }]);
  write(yaml('back'));
  await reached(2);
  t.equal(body(), 'back');
});

await t.test('changes during a reload lead to one more, however many they are', async (t) => {
  const { write, results, reached, rest, body, hold, clock } = start(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  hold(promise);
  write(yaml('second'));
  await unmoved(() => {
    clock.advance(100);
    return results.length;
  });
  for (const text of ['third', 'fourth', 'fifth']) {
    write(yaml(text));
    await unmoved(() => {
      clock.advance(100);
      return results.length;
    });
  }
  t.equal(results.length, 0, 'the first is in work');
  resolve();
  await reached(2);
  t.equal(await rest(), 2);
  t.equal(body(), 'fifth');
});

await t.test('somebody who asks for a reload gets one, and the watch does not do it again', async (t) => {
  const { write, results, reloader, rest, body } = start(t);
  write(yaml('second'));
  t.match(await reloader.reload(), { ok: true, generation: 2 });
  t.equal(body(), 'second');
  t.equal(await rest(), 1);
  t.match(await reloader.reload(), { ok: true, generation: 3 }, 'unchanged or not');
  t.equal(results.length, 2);
});

await t.test('the file itself says whether it is watched', async (t) => {
  const off = 'reload: { watch: off }';
  const { write, reloader, rest, reached, body } = start(t, yaml('first', off));
  write(yaml('second', off));
  t.equal(await rest(), 0);
  write(yaml('third'));
  t.match(await reloader.reload(), { ok: true });
  write(yaml('fourth', off));
  await reached(2);
  t.equal(body(), 'fourth');
  write(yaml('fifth'));
  t.equal(await rest(), 2);
});

await t.test('whoever is shutting down takes nothing over', async (t) => {
  const { write, state, reloader, rest, clock } = start(t);
  state.isServing = false;
  write(yaml('second'));
  t.equal(await rest(), 0);
  t.match(await reloader.reload(), { ok: false, reason: 'conflict', error: 'Sluice is shutting down.' });
  reloader.close();
  t.equal(clock.tickers, 0);
});
