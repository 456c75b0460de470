import { Type } from '../../lib/schema-type.ts';
import { closed, count, offOr, text } from './value.ts';

export const breakerSchema = Type.Object(
  {
    errors: text('percent', { default: '50%', description: 'Share of failed requests that opens the breaker. 0%: failures do not count.' }),
    slow: text('percent', { default: '80%', description: 'Share of slow requests that opens the breaker. 0%: slowness does not count.' }),
    slowAfter: text('duration', { default: '5s', description: 'What takes longer until its headers are there is slow.' }),
    window: text('durationOfWindow', { default: '10s', description: 'Time over which the shares are taken, in whole seconds from 1s to 10s.' }),
    requests: count({ minimum: 1, maximum: 1_000_000, default: 20, description: 'With fewer requests than this in the window nothing opens.' }),
    open: text('duration', { default: '30s', description: 'How long it stays open before it tries again.' }),
    probes: count({ minimum: 1, maximum: 100, default: 3, description: 'Requests let through on trial after that. If all are good it closes, else it stays open.' }),
    upstream: Type.Boolean({ default: true, description: 'The upstream as a whole has a breaker too, not only each target.', expects: 'true or false' }),
  },
  { ...closed, description: 'The circuit breaker.', expects: 'a set of options' },
);

export const limitSchema = Type.Object(
  {
    requests: count({ minimum: 1, maximum: 1_000_000, default: 100, description: 'Requests in flight at each target, all workers together.' }),
    queue: count({ minimum: 0, maximum: 100_000, default: 1000, description: 'Requests that wait for a place, in each worker. More are answered with 503.' }),
    wait: text('duration', { default: '5s', description: 'How long they wait at most.' }),
  },
  { ...closed, description: 'A bound on requests in flight.', expects: 'a set of options' },
);

/** What protects targets from too much. */
export const overloadOptions = {
  breaker: Type.Optional(
    offOr(Type.Partial(breakerSchema, { ...closed, description: 'The options.', expects: 'a set of options such as `errors: 50%`' }), {
      default: 'off',
      description: 'Circuit breaker: sends nothing for a while to a target of which too many requests fail or are slow.',
      expects: '`off`, or a set of options such as `errors: 50%`',
      examples: [{ errors: '50%', open: '30s' }],
    }),
  ),
  limit: Type.Optional(
    offOr(Type.Partial(limitSchema, { ...closed, description: 'The options.', expects: 'a set of options such as `requests: 100`' }), {
      default: 'off',
      description: 'How many requests a target gets at once; what is more waits in a queue.',
      expects: '`off`, or a set of options such as `requests: 100`',
      examples: [{ requests: 50, wait: '2s' }],
    }),
  ),
};

/** For filling in what an upstream does not say. */
export const overloadOptionsSchema = Type.Required(Type.Object(overloadOptions));
