import { anyOf } from './any-of.ts';
import { apiKey } from './api-key.ts';
import { basic } from './basic.ts';
import { errorPages } from './error-pages.ts';
import { forwardAuth } from './forward-auth.ts';
import { headers } from './headers.ts';
import { cacheControl } from './cache-control.ts';
import { compress } from './compress.ts';
import { cors } from './cors.ts';
import { ip } from './ip.ts';
import { jwt } from './jwt.ts';
import { maxBody } from './max-body.ts';
import { maxInFlight } from './max-in-flight.ts';
import { rateLimit } from './rate-limit.ts';
import { roles } from './roles.ts';

/** Every policy by its key in a route. The order of their work is another matter: policy/order.ts. */
export const POLICY_KINDS = { headers, ip, cors, maxBody, maxInFlight, rateLimit, jwt, apiKey, basic, forwardAuth, anyOf, roles, errorPages, compress, cacheControl };

type Kinds = typeof POLICY_KINDS;
export type PolicyName = keyof Kinds;

/** What a route says of each policy; null: it is off. Plain data. */
export type PolicySettings = { readonly [K in PolicyName]: ReturnType<Kinds[K]['resolve']> | null };
