import { apiKey } from './api-key.ts';
import { basic } from './basic.ts';
import { cacheControl } from './cache-control.ts';
import { compress } from './compress.ts';
import { cors } from './cors.ts';
import { errorPages } from './error-pages.ts';
import { forwardAuth } from './forward-auth.ts';
import { headers } from './headers.ts';
import { ipFilter } from './ip-filter.ts';
import { jwt } from './jwt.ts';
import { maxBody } from './max-body.ts';
import { maxInFlight } from './max-in-flight.ts';
import type { AnyPolicy } from './policy.ts';
import { rateLimit } from './rate-limit.ts';
import { roles } from './roles.ts';

/**
 * The order in which policies see a request. Those that look at answers do so in the opposite order, so that the first
 * one here has the last word. All of `onRequest` comes before authentication, and all of `onAdmitted` after it.
 */
export const POLICY_ORDER = [
  // Has the last word on every answer: whatever others and upstreams have said, what the file says of headers holds.
  headers,
  // Whoever is not let in at all must cost nothing more.
  ipFilter,
  // Preflights have no credentials and are no requests yet: they must get past authentication, and not use up a limit.
  cors,
  // What is refused by a look at its length must not cost a question to somebody else first.
  maxBody,
  // What waits for its turn behind it is in work already, and what is refused here must not use up a rate.
  maxInFlight,
  // Before authentication, so that guessing costs too, but what counts by identity comes behind it.
  rateLimit,
  // Before other proofs: a signature is checked once for each token, and then it is a look into a table.
  jwt,
  // As cheap as a hash, and before what is dear.
  apiKey,
  // A password takes a quarter of a second the first time.
  basic,
  // Last of the proofs: it waits for somebody else.
  forwardAuth,
  // Right behind authentication: what comes after may be dear.
  roles,
  // Looks at what the upstream says of its answer, before others add to it; but at Cache-Control as it will be.
  compress,
  // Sees an answer as the upstream has said it, so that all others know what it says in the end.
  cacheControl,
  // First to see an answer: where a page takes its place, it is the page that all others see.
  errorPages,
] as const satisfies readonly AnyPolicy[];
