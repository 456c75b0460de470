import { Type } from '../../lib/schema-type.ts';
import { closed, count, offOr, oneOrMore, text } from './value.ts';

const CONDITIONS_MAX = 50;

const condition = Type.Union([text('retryCondition', { description: 'A kind of failure.' }), count({ minimum: 400, maximum: 599, description: 'A status.' })], {
  description: 'A kind of failure or a status.',
  expects: 'connect, reset, timeout, 5xx or a status from 400 to 599',
});

export const retrySchema = Type.Object(
  {
    attempts: count({ minimum: 0, maximum: 10, default: 2, description: 'Further attempts for a request. 0 turns it off.' }),
    on: oneOrMore(
      condition,
      'connect, reset, timeout, 5xx or a status from 400 to 599',
      {
        default: ['connect', 'reset', 'timeout'],
        description: '`connect`: no connection could be made. `reset`: it was cut before the answer. `timeout`: no answer in time. Or statuses; `5xx` stands for 500, 502, 503 and 504.',
        examples: [['connect', 'reset', 'timeout', 503]],
      },
      CONDITIONS_MAX,
    ),
    budget: text('percent', { default: '20%', description: 'How many of the requests of the last 10 s may be further attempts, so that retries do not bring down what is left. Three are always allowed.' }),
    body: text('keptBodySize', { default: '64KB', description: 'A request body up to this size is kept until the answer comes, so that it can be sent again. At most 16MB; `off` keeps none.' }),
  },
  { ...closed, description: 'Further attempts.', expects: 'a set of options' },
);

export const hedgeSchema = Type.Object(
  {
    after: text('hedgeDelay', { default: 'p95', description: 'When the second request is sent: after a duration, or after the time within which this share of requests has been answered, `p50` to `p99.99`.' }),
  },
  { ...closed, description: 'A second request.', expects: 'a set of options' },
);

/** What becomes of a request that fails, finds nobody, or takes long. */
export const retryOptions = {
  retry: Type.Optional(
    Type.Partial(retrySchema, {
      ...closed,
      description: 'What fails is tried on another target, where it can do no harm: nothing was sent, or the method is idempotent and its body still at hand. A POST of which a byte has left is never sent again.',
      expects: 'a set of options such as `attempts: 2`',
      examples: [{ attempts: 3, on: ['connect', 'reset', '5xx'] }],
    }),
  ),
  hold: Type.Optional(
    text('durationOrOff', { default: 'off', description: 'How long a request waits while no target is available, so that a service with one container restarts without an error.', examples: ['10s'] }),
  ),
  holdMax: Type.Optional(count({ minimum: 1, maximum: 100_000, default: 1000, description: 'Requests that wait at once in each worker. More are answered with 503.' })),
  hedge: Type.Optional(
    offOr(Type.Partial(hedgeSchema, { ...closed, description: 'The options.', expects: 'a set of options such as `after: p95`' }), {
      default: 'off',
      description: 'A request that takes long is sent to a second target as well, and the first answer counts. Only for idempotent requests without a body, and within `retry.budget`.',
      expects: '`off`, or a set of options such as `after: p95`',
      examples: [{ after: 'p95' }, { after: '200ms' }],
    }),
  ),
};

/** For filling in what an upstream does not say. */
export const retryOptionsSchema = Type.Required(Type.Object(retryOptions));
