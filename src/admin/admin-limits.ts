import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AdminProblem } from './problem.ts';

const PERIOD_MS = 60_000;
const REQUESTS_MAX = 600;
/** Wrong tokens: enough for a script with an old one to be noticed, far too few to guess one. */
const FAILURES_MAX = 20;
/** Addresses that are counted; the one not seen for longest is forgotten first. */
const ADDRESSES_MAX = 5000;

/** Whether somebody may try again whose token was wrong. */
interface FailureLimit {
  /** @throws AdminProblem 429, whatever the token is: one that may be tried on and on can be guessed. */
  check(request: FastifyRequest): Promise<void>;
  count(request: FastifyRequest): Promise<void>;
}

/**
 * Limits what each address may send to the admin server, IPv6 by /64. Routes that are added afterwards have the limit, unless
 * they say `config: { rateLimit: false }`.
 */
export async function addLimits(app: FastifyInstance): Promise<FailureLimit> {
  await app.register(rateLimit, {
    max: REQUESTS_MAX,
    timeWindow: PERIOD_MS,
    cache: ADDRESSES_MAX,
    addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    errorResponseBuilder: () => tooMany(`More than ${REQUESTS_MAX} requests in a minute came from this address.`),
  });
  const failures = app.createRateLimit({ max: FAILURES_MAX, timeWindow: PERIOD_MS });
  return {
    async check(request) {
      const state = await failures(request, { increment: false });
      if (!state.isAllowed && state.remaining === 0) throw tooMany('Too many wrong tokens came from this address. Try again in a minute.');
    },
    async count(request) {
      await failures(request);
    },
  };
}

function tooMany(detail: string): AdminProblem {
  return new AdminProblem(429, 'Too many requests', detail);
}
