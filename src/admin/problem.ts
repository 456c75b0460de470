import type { FastifyReply } from 'fastify';

/** A refusal of the admin server. `detail` tells the caller what would be right. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** Answers with application/problem+json (RFC 9457). */
export function sendProblem(reply: FastifyReply, problem: AdminProblem, extra: object = {}): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: problem.title, status: problem.status, detail: problem.message, ...extra });
}
