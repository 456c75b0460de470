import { Type } from 'typebox';
import { closed, count, oneOrMore, text } from './value.ts';

const TARGETS_MAX = 256;

const target = text('target', { description: '`host:port`, `http://host:port`, `https://host[:port]` or `unix:/path`.' });

export const upstreamTimeoutsSchema = Type.Object(
  {
    connect: text('durationOrOff', { default: '5s', description: 'To make a connection.' }),
    response: text('durationOrOff', { default: '60s', description: 'From the request sent to the headers of the answer.' }),
    idle: text('durationOrOff', { default: '60s', description: 'Between two pieces of the body of an answer.' }),
    total: text('durationOrOff', { default: 'off', description: 'The whole of an ordinary answer. Event streams and WebSockets have the next two instead.' }),
    stream: text('durationOrOff', { default: '24h', description: 'An event stream (SSE) without an event.' }),
    tunnel: text('durationOrOff', { default: '24h', description: 'A WebSocket without a byte in either direction.' }),
  },
  { ...closed, description: 'How long an upstream may take.', expects: 'a set of durations such as `response: 60s`' },
);

export const someUpstreamTimeouts = Type.Partial(upstreamTimeoutsSchema, {
  ...closed,
  description: 'How long the upstream may take. A key of the route goes before the same key of its upstream, that one before `defaults`.',
  expects: 'a set of durations such as `response: 60s`',
  examples: [{ response: '120s' }],
});

export const upstreamTlsSchema = Type.Object(
  {
    verify: Type.Boolean({ default: true, description: "Whether the target's certificate must be valid.", expects: 'true or false' }),
    ca: Type.Optional(
      text('file', { description: "PEM file with the authority that signed the target's certificate, instead of the well-known ones. Relative to the folder of the configuration file." }),
    ),
    serverName: Type.Optional(text('serverName', { description: "Name asked for (SNI) and verified, instead of the target's host." })),
  },
  { ...closed, description: 'TLS towards the targets.', expects: 'a set of options' },
);

export const keepAliveSchema = Type.Object(
  {
    connections: count({ minimum: 0, maximum: 10_000, default: 64, description: 'Idle connections kept for each target and worker. 0 closes each connection after its answer.' }),
    idle: text('duration', {
      default: '4s',
      description: 'How long an idle connection is kept. The default is just below the 5 s after which Node, uvicorn and others close theirs, so that no request meets a closing connection.',
    }),
    lifetime: text('durationOrOff', { default: '1h', description: 'Age at which a connection is not used again.' }),
  },
  { ...closed, description: 'Connections kept for the next request.', expects: 'a set of options' },
);

export const retrySchema = Type.Object(
  {
    attempts: count({ minimum: 0, maximum: 10, default: 2, description: 'Further targets tried when no connection could be made, so that nothing was sent. 0 turns it off.' }),
    failTimeout: text('durationOrOff', { default: '10s', description: 'How long a target that refused a connection is passed over while others are left.' }),
  },
  { ...closed, description: 'What happens when a target cannot be reached.', expects: 'a set of options' },
);

const fullUpstreamSchema = Type.Object(
  {
    targets: oneOrMore(target, 'a target such as api:8000', { description: 'Where requests go: one target or a list. They take turns.' }, TARGETS_MAX),
    tls: Type.Optional(Type.Partial(upstreamTlsSchema, { ...closed, description: 'TLS towards targets that start with `https://`.', expects: 'a set of options' })),
    keepAlive: Type.Optional(Type.Partial(keepAliveSchema, { ...closed, description: 'Connections kept for the next request.', expects: 'a set of options' })),
    retry: Type.Optional(Type.Partial(retrySchema, { ...closed, description: 'What happens when a target cannot be reached.', expects: 'a set of options' })),
    timeouts: Type.Optional(someUpstreamTimeouts),
  },
  { ...closed, description: 'The full form.', expects: 'a set of options with `targets`' },
);

export const upstreamSchema = Type.Union(
  [target, Type.Array(target, { minItems: 1, maxItems: TARGETS_MAX, description: 'Several targets.' }), fullUpstreamSchema],
  {
    description: 'One target, a list of targets, or all options in full.',
    expects: 'a target such as api:8000, a list of targets, or a set of options with `targets`',
  },
);
