import { Type } from '../../lib/schema-type.ts';
import { closed, count, text } from './value.ts';

export const rateLimitsSchema = Type.Object({
  store: text('limitStore', {
    default: 'memory',
    description: 'Where requests are counted: in the `memory` of this gateway, all workers together, or in a Redis server that several gateways share, such as `redis://:${REDIS_PASSWORD}@redis:6379/0` (`rediss://` for TLS; Redis 5 or newer, no cluster).',
  }),
  onStoreDown: Type.Enum(['local', 'allow', 'deny'], {
    default: 'local',
    description: 'What happens while Redis cannot be used. `local`: this gateway counts in its own memory, so that each gateway lets the limit through. `allow`: requests pass uncounted. `deny`: they are answered with 503.',
    expects: 'one of local, allow and deny',
  }),
  timeout: text('duration', {
    default: '50ms',
    description: 'How long a request waits for Redis, from 1ms to 10s; after that `onStoreDown` counts for it. When several in a row had no answer, none waits until Redis answers again.',
  }),
  prefix: text('policySetName', { default: 'sluice', description: 'The keys in Redis begin with this and `:limit:`. Gateways with the same prefix share their counts.' }),
  keys: count({
    minimum: 1024,
    maximum: 16_777_216,
    default: 65_536,
    description: 'How many clients are counted in memory at the same time. 168 bytes each. Another number needs a restart.',
  }),
});

export const rateLimitsOption = Type.Optional(
  Type.Partial(rateLimitsSchema, {
    ...closed,
    description: 'Where the policy `rateLimit` counts, on all routes.',
    expects: 'a set of options such as `store: redis://redis:6379`',
    examples: [{ store: 'redis://:${REDIS_PASSWORD}@redis:6379/0', onStoreDown: 'local' }],
  }),
);
