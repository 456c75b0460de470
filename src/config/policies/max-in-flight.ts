import { Type } from '../../lib/schema-type.ts';
import { missingWays } from '../known-client.ts';
import { parseRequestKey, type RequestKey } from '../request-key.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, count, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const MOST = 1_000_000;

const schema = Type.Object(
  {
    limit: Type.Optional(count({ minimum: 1, maximum: MOST, description: 'Requests at the same time, from their first byte to the last byte of their answers.', examples: [100] })),
    longLived: Type.Optional(
      count({
        minimum: 1,
        maximum: MOST,
        description: 'WebSockets and event streams at the same time, as long as they are open. They do not count for `limit` then. A request is taken for an event stream by its `Accept: text/event-stream`, which every browser sends. Without it they are requests like all others.',
        examples: [5],
      }),
    ),
    key: Type.Optional(
      text('limitKey', {
        default: 'route',
        description: 'What requests are counted by. `route`: all requests of the route together. `address`: the address of the client, IPv6 by /64; behind `trustedProxies` it is the one that they name. `apiKey`, `user`, `jwt:CLAIM`: who the client is, once it has authenticated, with any way for `user`. `header:NAME`, `cookie:NAME`, `query:NAME`: a value of the request. A request that has no such value is counted by its address. `global`: together with all routes that say `global`.',
        examples: ['user', 'address'],
      }),
    ),
    zone: Type.Optional(text('policySetName', { description: 'Routes that name the same zone are counted together, where the key is the same. Without it, each route counts for itself.', examples: ['downloads'] })),
    status: Type.Optional(Type.Enum([429, 503], { default: 429, description: 'What is beyond the limit is answered with: 429, or 503 where the limit is there to protect the service.', expects: '429 or 503' })),
  },
  closed,
);

/** How many requests clients may have in work. */
interface MaxInFlightConfig {
  /** Null: no bound. */
  readonly requestsMax: number | null;
  /** Null: long-lived ones are requests like all others. */
  readonly longLivedMax: number | null;
  readonly key: RequestKey;
  /** Null: each route counts for itself. */
  readonly zone: string | null;
  readonly status: 429 | 503;
}

/** Beside the `limit` of an upstream, which is for its targets and lets requests wait, this is for clients (nginx: limit_conn). */
export const maxInFlight = policyKind({
  schema,
  option: Type.Union([
    Type.Enum(['off'], { description: 'Turned off.' }),
    count({ minimum: 1, maximum: MOST, description: 'Requests of the route at the same time.' }),
    schema,
  ], {
    default: 'off',
    description: 'How many requests may be in work at the same time, by route or by client. Exact over all workers. What is too much gets 429 at once.',
    expects: 'a number of requests, or a set of options such as `limit: 10`',
    examples: [100, { limit: 10, longLived: 3, key: 'user' }],
  }),
  shorthand: 'limit',
  always: false,
  resolve(raw, place): MaxInFlightConfig | null {
    const { limit = null, longLived = null, key = 'route', zone = null, status = 429 } = withDefaults(schema, raw);
    if (limit === null && longLived === null) {
      place.report.error(place.at(), 'how many requests may be in work is not said', 'Give it `limit`, `longLived` or both, such as `limit: 100`.');
      return null;
    }
    return { requestsMax: limit, longLivedMax: longLived, key: parseRequestKey(key), zone, status };
  },
  checkBeside({ key }, others, place) {
    const ways = missingWays(key, others);
    if (ways.length === 0) return;
    place.report.error(place.at('key'), 'nothing on this route says who a client is, so there is nothing to count by', `Configure ${ways.map((way) => `\`${way}\``).join(' or ')} on the route, in \`defaults\` or in a set, or count by something else.`);
  },
});
