import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { inSlices } from '../lib/slices.ts';
import type { OperatorMode } from '../balance/upstream-members.ts';
import { closest } from '../lib/closest.ts';
import { answerOf, listOf, problemSchema, routeSchema, targetSchema } from './answer-schemas.ts';
import { bodyOf } from './input.ts';
import { sendLong } from './long-answer.ts';
import type { Operation } from './operation.ts';
import { AdminProblem } from './problem.ts';
import type { AdminServices, TargetStatus } from './services.ts';

const bodySchema = Type.Object(
  {
    upstream: Type.String({ minLength: 1, maxLength: 200, description: 'Name of the upstream.' }),
    target: Type.String({ minLength: 1, maxLength: 500, description: 'A target as the file has it, for all its addresses, or one address of it as /upstreams lists it.' }),
  },
  { additionalProperties: false },
);

const MODES = {
  drain: 'Lets a target finish what is bound to it, and gives it nothing new.',
  down: 'Takes a target out of service.',
  up: 'Puts a target back into service.',
} as const satisfies Readonly<Record<OperatorMode, string>>;

export const TARGET_OPERATIONS: readonly Operation[] = [
  { method: 'GET', path: '/routes', summary: 'Every route: what it takes, what it does.', answers: { 200: { description: 'In the order of the file.', schema: listOf('routes', routeSchema) } } },
  {
    method: 'GET', path: '/upstreams', summary: 'Every upstream and its targets, with state and reason.',
    answers: { 200: { description: 'All of them.', schema: listOf('upstreams', answerOf({ name: Type.String(), targets: Type.Array(targetSchema) })) } },
  },
  ...Object.entries(MODES).map(([mode, summary]): Operation => ({
    method: 'POST', path: `/targets/${mode}`, summary: `${summary} Until the next start, whatever reloads come.`, body: bodySchema,
    answers: {
      200: { description: 'Done.', schema: listOf('targets', targetSchema) },
      404: { description: 'There is no such target.', schema: problemSchema },
      422: { description: 'The body is not valid.', schema: problemSchema },
    },
  })),
];

export function addTargetRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/routes', (_request, reply) => sendLong(reply, { before: {}, name: 'routes', slices: inSlices(services.routes()), after: () => ({}) }));
  app.get('/upstreams', () => {
    const byUpstream = Map.groupBy(services.status().targets, ({ upstream }) => upstream);
    return { upstreams: [...byUpstream].map(([name, targets]) => ({ name, targets })) };
  });
  for (const mode of ['drain', 'down', 'up'] as const) {
    app.post(`/targets/${mode}`, (request) => {
      const { upstream, target } = bodyOf(bodySchema, request.body);
      if (!services.setTarget(upstream, target, mode)) throw unknownTarget(services.status().targets, upstream, target);
      return { targets: services.status().targets.filter((each) => each.upstream === upstream && isOf(target, each.key)) };
    });
  }
}

/** A name with several addresses has a member for each: `api:8000@10.0.0.5`. */
function isOf(target: string, key: string): boolean {
  return key === target || key.startsWith(`${target}@`);
}

function unknownTarget(targets: readonly TargetStatus[], upstream: string, target: string): AdminProblem {
  const upstreams = new Set(targets.map((each) => each.upstream));
  const isKnown = upstreams.has(upstream);
  const names = isKnown ? targets.filter((each) => each.upstream === upstream).map(({ key }) => key) : [...upstreams];
  const what = isKnown ? `The upstream ${upstream} has no target ${target}` : `There is no upstream ${upstream}`;
  const meant = closest(isKnown ? target : upstream, names);
  const some = names.slice(0, 10).join(', ');
  return new AdminProblem(404, 'No such target', `${what}. ${meant === null ? `There ${names.length === 1 ? 'is' : 'are'}: ${some === '' ? 'none' : some}.` : `Did you mean ${meant}?`}`);
}
