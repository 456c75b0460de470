import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { inSlices } from '../lib/slices.ts';
import { answerOf, configValueSchema, generationSchema, listOf, problemSchema } from './answer-schemas.ts';
import type { ConfigValue } from './config-values.ts';
import { bodyOf, queryOf } from './input.ts';
import { sendLong } from './long-answer.ts';
import type { Operation } from './operation.ts';
import type { AdminServices } from './services.ts';
import { digestQuestionSchema } from './value-digest.ts';

const VALUES_DEFAULT = 10_000;
/** In a minute, from one address. */
const COMPARISONS_MAX = 60;

const querySchema = Type.Object(
  {
    path: Type.Optional(Type.String({ maxLength: 500, description: 'Only values whose path begins so, such as `listen` or `routes["api"]`.' })),
    defaults: Type.Optional(Type.Enum(['true', 'false'], { default: 'true', description: '`true` or `false`: whether values that nobody has said are listed, too.' })),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}$', default: String(VALUES_DEFAULT), description: 'At most so many values, from 1 to 999999.' })),
  },
  { additionalProperties: false },
);

export const CONFIG_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET', path: '/config', summary: 'The configuration in force, value by value, with the line of the file that says so. Secrets are named or masked.', query: querySchema,
    answers: {
      200: { description: 'Values in the order of the file, all of one generation, sent as they are gathered.', schema: listOf('values', configValueSchema, { generation: Type.Integer(), truncated: Type.Boolean({ description: 'There are more.' }) }) },
      422: { description: 'The query is not valid.', schema: problemSchema },
    },
  },
  {
    method: 'POST', path: '/config/compare', summary: 'Which values are the same as somebody has them, for those that are not shown: asked, and answered, by salted digests.', body: digestQuestionSchema,
    answers: {
      200: { description: 'Paths of the values that are the same; those of others are left out.', schema: answerOf({ same: Type.Array(Type.String()) }) },
      422: { description: 'The body is not valid.', schema: problemSchema },
    },
  },
  {
    method: 'GET', path: '/generations', summary: 'The last generations and what each has changed.',
    answers: {
      200: {
        description: 'The youngest first.',
        schema: listOf('generations', generationSchema, { refusal: Type.Union([Type.String(), Type.Null()], { description: 'Why the last reload was refused or taken back; null: it was not.' }) }),
      },
    },
  },
];

export function addConfigRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/config', (request, reply) => {
    const { path = '', defaults = 'true', limit = VALUES_DEFAULT } = queryOf(querySchema, request.query);
    const chosen = new ChosenValues(services.configValues(defaults === 'true'), path, Number(limit));
    return sendLong(reply, { before: { generation: services.status().generation }, name: 'values', slices: chosen.slices(), after: () => ({ truncated: chosen.isTruncated }) });
  });
  // Each question is a guess at a secret, for those who do not know it.
  app.post('/config/compare', { config: { rateLimit: { max: COMPARISONS_MAX, timeWindow: 60_000 } } }, async (request) => ({ same: await services.sameValues(bodyOf(digestQuestionSchema, request.body)) }));
  app.get('/generations', () => ({ generations: services.generations(), refusal: services.refusal() }));
}

/** Some of the values of a configuration, which may be very many. */
class ChosenValues {
  /** There are more than were wanted. */
  isTruncated = false;
  readonly #values: Iterable<ConfigValue>;
  readonly #path: string;
  readonly #max: number;

  constructor(values: Iterable<ConfigValue>, path: string, max: number) {
    this.#values = values;
    this.#path = path;
    this.#max = max;
  }

  async *slices(): AsyncGenerator<readonly ConfigValue[]> {
    let left = this.#max;
    for await (const slice of inSlices(this.#values)) {
      const chosen = slice.filter(({ path }) => path.startsWith(this.#path));
      yield chosen.slice(0, left);
      this.isTruncated = chosen.length > left;
      if (this.isTruncated) return;
      left -= chosen.length;
    }
  }
}
