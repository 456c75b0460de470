import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, configValueSchema, generationSchema, listOf, problemSchema } from './answer-schemas.ts';
import type { ConfigValue } from './config-values.ts';
import { bodyOf, queryOf } from './input.ts';
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
      200: { description: 'Values in the order of the file.', schema: listOf('values', configValueSchema, { generation: Type.Integer(), truncated: Type.Boolean({ description: 'There are more.' }) }) },
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
  app.get('/config', (request) => {
    const { path = '', defaults = 'true', limit = VALUES_DEFAULT } = queryOf(querySchema, request.query);
    const max = Number(limit);
    const values: ConfigValue[] = [];
    let isTruncated = false;
    for (const value of services.configValues(defaults === 'true')) {
      if (!value.path.startsWith(path)) continue;
      isTruncated = values.length >= max;
      if (isTruncated) break;
      values.push(value);
    }
    return { generation: services.status().generation, values, truncated: isTruncated };
  });
  // Each question is a guess at a secret, for those who do not know it.
  app.post('/config/compare', { config: { rateLimit: { max: COMPARISONS_MAX, timeWindow: 60_000 } } }, (request) => ({ same: services.sameValues(bodyOf(digestQuestionSchema, request.body)) }));
  app.get('/generations', () => ({ generations: services.generations(), refusal: services.refusal() }));
}
