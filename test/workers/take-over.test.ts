import t from 'tap';
import { takeOver, type GenerationParts } from '../../src/workers/take-over.ts';
import type { GenerationPlan } from '../../src/workers/messages.ts';
import { configOf } from '../helpers/config-text.ts';

const config = configOf('routes: [{ respond: {} }]');
const previous: GenerationPlan = { generation: 4, config, cellIndex: {}, roster: { id: 1, upstreams: {} }, tls: null };

/** Parts that write down what they are asked to do; one of them may fail at it. */
function make(failing = '') {
  const log: string[] = [];
  const act = async <T>(what: string, value: T): Promise<T> => {
    log.push(what);
    if (what === failing) throw new Error(`${what} failed`);
    return value;
  };
  const prepared = { material: null, setup: null, onDemand: null };
  const parts: GenerationParts = {
    certificates: {
      prepare: async () => act('prepare certificates', prepared),
      adopt: () => void log.push('adopt certificates'),
      discard: async () => act('discard certificates', undefined),
    },
    plans: {
      make: async (generation) => act('make plan', { ...previous, generation, roster: { id: 2, upstreams: {} } }),
      latest: (plan) => plan,
      release: (generation) => void log.push(`release ${generation}`),
    },
    crew: {
      build: async () => act('build', undefined),
      discard: (generation) => void log.push(`discard ${generation}`),
      swap: async (generation, before) => act(`swap ${before} for ${generation}`, undefined),
    },
    admin: { moveTo: async () => act('move admin', undefined) },
    fleet: {
      askNew: async ({ id }, before) => act(`ask who is in ${id} and not in ${before.id}`, ['somebody does not answer']),
      adopt: ({ id }) => void log.push(`adopt members ${id}`),
    },
  };
  const run = async (): Promise<readonly string[]> => takeOver({ config, previous, onReady: ({ generation }) => void log.push(`ready ${generation}`) }, parts);
  return { log, run };
}

await t.test('what can fail comes before what cannot, and who does not answer is no failure', async (t) => {
  const { log, run } = make();
  t.strictSame(await run(), ['somebody does not answer']);
  t.strictSame(log, [
    'prepare certificates', 'make plan', 'build', 'ask who is in 2 and not in 1', 'move admin',
    'ready 5', 'adopt members 2', 'swap 4 for 5', 'adopt certificates',
  ]);
});

await t.test('whatever fails, nothing is left of the new generation and nothing was done to the old one', async (t) => {
  for (const failing of ['make plan', 'build', 'ask who is in 2 and not in 1', 'move admin']) {
    const { log, run } = make(failing);
    await t.rejects(run(), { message: `${failing} failed` });
    t.strictSame(log.slice(-3), ['discard 5', 'release 5', 'discard certificates'], failing);
    t.notMatch(log.join(), /ready|adopt|swap/);
  }
  const { log, run } = make('prepare certificates');
  await t.rejects(run());
  t.strictSame(log, ['prepare certificates']);
});
