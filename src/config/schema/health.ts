import { Type } from '../../lib/schema-type.ts';
import { closed, count, offOr, oneOrMore, text } from './value.ts';

const HEADERS_MAX = 50;
const STATUSES_MAX = 50;

const status = Type.Union([count({ minimum: 200, maximum: 599, description: 'One status.' }), text('statusRange', { description: 'A range.' })], {
  description: 'A status or a range.',
  expects: 'a status or a range such as 200-399',
});

export const healthSchema = Type.Object(
  {
    path: Type.Optional(text('exactPath', { description: 'Path that is asked for with GET.', examples: ['/health'] })),
    tcp: Type.Boolean({ default: false, description: 'Instead of `path`: a connection that can be made is enough.', expects: 'true or false' }),
    every: text('duration', { default: '10s', description: 'Time between two checks of a target, give or take a tenth.' }),
    timeout: Type.Optional(text('duration', { description: 'For a check as a whole, at most `every`. Without it 2s, or `every` where that is shorter.' })),
    rise: count({ minimum: 1, maximum: 100, default: 2, description: 'Good checks in a row that bring a target back.' }),
    fall: count({ minimum: 1, maximum: 100, default: 3, description: 'Bad checks in a row that take a target out.' }),
    status: oneOrMore(status, 'a status or a range such as 200-399', { default: '200-399', description: 'Statuses that are good.', examples: [204, ['200-299', 401]] }, STATUSES_MAX),
    body: Type.Optional(text('regex', { description: 'Regular expression that the beginning of the body (64KB) must match.', examples: ['"status":\\s*"ok"'] })),
    headers: Type.Optional(
      Type.Record(Type.String(), text('headerValue', { description: 'The value.' }), {
        propertyNames: { text: 'sentHeaderName' },
        maxProperties: HEADERS_MAX,
        description: 'Headers of the check.',
        expects: 'headers with their values',
        examples: [{ authorization: 'Bearer ${HEALTH_TOKEN}' }],
      }),
    ),
    host: Type.Optional(text('sentHost', { description: "Host header of the check, instead of the target's own." })),
    port: Type.Optional(count({ minimum: 1, maximum: 65_535, description: "Port that is checked, instead of the target's own." })),
  },
  { ...closed, description: 'Active health checks.', expects: 'a set of options' },
);

export const ejectSchema = Type.Object(
  {
    failures: count({ minimum: 1, maximum: 1000, default: 5, description: 'Failures in a row: an answer 5xx, a connection refused or cut, a timeout.' }),
    time: text('duration', { default: '30s', description: 'How long a target is passed over the first time; the second time twice as long, and so on.' }),
    timeMax: Type.Optional(text('duration', { description: 'The longest it gets. Without it 5m, or `time` where that is longer.' })),
    share: text('percent', { default: '10%', description: 'How many of the targets may be passed over at once. One always may.' }),
  },
  { ...closed, description: 'Passing over what fails.', expects: 'a set of options' },
);

/** How it is found out that a target is down, and what follows. */
export const healthOptions = {
  health: Type.Optional(
    offOr(Type.Partial(healthSchema, { ...closed, description: 'Needs `path` or `tcp: true`.', expects: 'a set of options with `path` or `tcp: true`' }), {
      default: 'off',
      description: 'Asks each target regularly, from the moment the gateway starts, and sends no requests to those that do not answer well.',
      expects: '`off`, or a set of options such as `path: /health`',
      examples: [{ path: '/health', every: '5s' }, { tcp: true }],
    }),
  ),
  eject: Type.Optional(
    offOr(Type.Partial(ejectSchema, { ...closed, description: 'The options.', expects: 'a set of options such as `failures: 5`' }), {
      default: { failures: 5, time: '30s', share: '10%' },
      description: 'Passes over a target that fails several times in a row, as seen by the requests themselves. On with these defaults; `off` turns it off.',
      expects: '`off`, or a set of options such as `failures: 5`',
      examples: ['off', { failures: 10, share: '50%' }],
    }),
  ),
  maxFails: Type.Optional(
    count({ minimum: 0, maximum: 1000, default: 1, description: 'Connections that could not be made within `failTimeout` after which a target is passed over for `failTimeout`, as nginx does with `max_fails`. 0 turns it off.' }),
  ),
  failTimeout: Type.Optional(text('durationOrOff', { default: '10s', description: 'See `maxFails`.' })),
  slowStart: Type.Optional(
    text('durationOrOff', { default: 'off', description: 'A target that came back gets a share of requests that grows to the whole within this time.', examples: ['30s'] }),
  ),
  panic: Type.Optional(
    text('percent', { default: '0%', description: 'Where fewer of the targets are available, health is ignored and all get requests, so that the last ones are not run over. 0% turns it off.', examples: ['50%'] }),
  ),
};

/** For filling in what an upstream does not say. */
export const healthOptionsSchema = Type.Required(Type.Object(healthOptions));
