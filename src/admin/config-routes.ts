import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { configValueSchema, generationSchema, listOf, problemSchema } from './answer-schemas.ts';
import type { ConfigValue } from './config-values.ts';
import { queryOf } from './input.ts';
import type { Operation } from './operation.ts';
import type { AdminServices } from './services.ts';

const VALUES_DEFAULT = 10_000;

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
    method: 'GET', path: '/generations', summary: 'The last generations and what each has changed.',
    answers: {
      200: {
        description: 'The youngest first.',
        schema: listOf('generations', generationSchema, { refusal: Type.Union([Type.String(), Type.Null()], { description: 'Why the last reload was refused; null: it was not.' }) }),
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
  app.get('/generations', () => ({ generations: services.generations(), refusal: services.refusal() }));
}
