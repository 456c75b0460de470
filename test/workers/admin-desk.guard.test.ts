import t from 'tap';
import type { GenerationVerdict } from '../../src/admin/generation-history.ts';
import type { ReloadResult } from '../../src/admin/services.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { AdminDesk } from '../../src/workers/admin-desk.ts';
import { TrafficHistory } from '../../src/workers/traffic-history.ts';
import { sampleStatus, sampleCertificate, MemoryLogger } from '../admin/sample-services.ts';
import { loadText } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const DONE = { ok: true, generation: 2, ms: 5, guardMs: 30_000, warnings: [] } as const satisfies ReloadResult;

function start(verdict: GenerationVerdict, result: ReloadResult = DONE) {
  const { config, root } = loadText('routes: [{ name: a, respond: {} }]');
  const asked: number[] = [];
  const desk = new AdminDesk({
    clock: new ManualClock(), logger: Object.assign(new MemoryLogger(), { setLevel: () => undefined }),
    crew: { members: [], useLogLevel: () => undefined, limitMemory: createLimitMemory(100, 0) },
    metrics: { answer: async () => ({ contentType: '', body: '' }), traffic: new TrafficHistory(0) },
    certificates: { status: () => [sampleCertificate], renew: async () => ({ outcome: 'renewed', names: [], notAfter: '' }) },
    plane: {
      config,
      status: () => sampleStatus,
      setTarget: () => true,
      reload: async () => result,
      verdict: async (generation) => {
        asked.push(generation);
        return verdict;
      },
    },
    isReady: () => true, root: () => root,
  });
  return { desk, asked };
}

await t.test('who waits hears what the guard says; who does not, that the reload is done', async (t) => {
  const { desk, asked } = start({ outcome: 'rolled_back', reason: 'route a: worse' });
  t.strictSame(await desk.reload(false), DONE);
  t.strictSame(asked, []);
  t.strictSame(await desk.reload(true), { ok: false, reason: 'rolled_back', error: 'Generation 2 was taken back: route a: worse.', diagnostics: [] });
  t.strictSame(asked, [2]);
  t.match(await start({ outcome: 'stuck', reason: 'x' }).desk.reload(true), { ok: false, reason: 'stuck', error: 'Generation 2 is worse than the one before: x.' });
  t.strictSame(await start({ outcome: 'kept', reason: '' }).desk.reload(true), DONE);
  t.match(await start({ outcome: 'replaced', reason: '' }).desk.reload(true), { ok: true, warnings: [/replaced by another/] });
});

await t.test('nobody waits for a reload that is refused, or not watched', async (t) => {
  const refused: ReloadResult = { ok: false, reason: 'invalid', error: 'wrong', diagnostics: [] };
  for (const result of [refused, { ...DONE, guardMs: 0 }]) {
    const { desk, asked } = start({ outcome: 'kept', reason: '' }, result);
    t.strictSame(await desk.reload(true), result);
    t.strictSame(asked, []);
  }
});

await t.test('the history says what came of each generation, and the last refusal why one was taken back', async (t) => {
  const { desk } = start({ outcome: 'kept', reason: '' });
  desk.noteReload({ ...DONE, generation: 1, guardMs: 0 });
  desk.noteReload(DONE);
  t.match(desk.generations().map(({ verdict }) => verdict.outcome), ['watched', 'none']);
  desk.noteVerdict(2, { outcome: 'rolled_back', reason: 'route a: worse' }, { generation: 3, ms: 7 });
  t.match(desk.generations(), [
    { generation: 3, ms: 7, verdict: { outcome: 'none' } },
    { generation: 2, verdict: { outcome: 'rolled_back', reason: 'route a: worse' } },
    { generation: 1, verdict: { outcome: 'none' } },
  ]);
  t.equal(desk.refusal(), 'Generation 2 was taken back: route a: worse.');
  desk.noteReload({ ...DONE, generation: 4 });
  t.equal(desk.refusal(), null);
  desk.noteVerdict(4, { outcome: 'kept', reason: '' }, null);
  t.match([desk.refusal(), desk.generations()[0]], [null, { generation: 4, verdict: { outcome: 'kept' } }]);
});
