import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, problemSchema } from './answer-schemas.ts';
import { queryOf } from './input.ts';
import type { Operation } from './operation.ts';
import { AdminProblem, sendProblem } from './problem.ts';
import type { AdminServices, ReloadResult } from './services.ts';

const querySchema = Type.Object(
  { wait: Type.Optional(Type.Enum(['true', 'false'], { default: 'false', description: '`true` or `false`: whether the answer waits for what the guard says of the new configuration.' })) },
  { additionalProperties: false },
);

export const RELOAD_OPERATION = {
  method: 'POST', path: '/reload', summary: 'Reads the configuration again.', query: querySchema,
  answers: {
    200: {
      description: 'It is in force.',
      schema: answerOf({
        generation: Type.Integer(), ms: Type.Integer(),
        guardMs: Type.Integer({ description: 'How long it is watched, and may be taken back; 0: it is not.' }),
        warnings: Type.Array(Type.String(), { description: 'Such as new targets that do not answer.' }),
      }),
    },
    409: { description: 'It cannot be taken over now and the old one stays, or it was taken back; `reason` tells which.', schema: problemSchema },
    422: { description: 'It has errors, which `diagnostics` lists, and the old one stays; or the query is not valid.', schema: problemSchema },
  },
} as const satisfies Operation;

const TITLES: Readonly<Record<Extract<ReloadResult, { ok: false }>['reason'], string>> = {
  invalid: 'Reload refused',
  conflict: 'Reload refused',
  rolled_back: 'Reload taken back',
  stuck: 'Reload cannot be taken back',
};

export function addReloadRoute(app: FastifyInstance, services: Pick<AdminServices, 'reload'>): void {
  app.post('/reload', async (request, reply) => {
    const { wait } = queryOf(querySchema, request.query);
    const result = await services.reload(wait === 'true');
    if (result.ok) return { generation: result.generation, ms: result.ms, guardMs: result.guardMs, warnings: result.warnings };
    const { error, diagnostics, reason } = result;
    return sendProblem(reply, new AdminProblem(reason === 'invalid' ? 422 : 409, TITLES[reason], error), { error, diagnostics, reason });
  });
}
