import { Type } from '../../lib/schema-type.ts';
import { balanceOption } from './balance.ts';
import { healthOptions } from './health.ts';
import { namesOptions } from './names.ts';
import { overloadOptions } from './overload.ts';
import { retryOptions } from './retry.ts';
import { closed, count, oneOrMore, text } from './value.ts';

const TARGETS_MAX = 256;

const target = text('target', { description: '`host:port`, `http://host:port`, `https://host[:port]`, `srv:name` or `unix:/path`.' });

export const weightedTargetSchema = Type.Object(
  {
    url: text('target', { description: 'The target: `host:port`, `http://host:port`, `https://host[:port]`, `srv:name` or `unix:/path`.' }),
    weight: Type.Optional(count({ minimum: 1, maximum: 1000, default: 1, description: 'Its share of requests: a target with 2 gets twice as many as one with 1.' })),
    backup: Type.Optional(Type.Boolean({ default: false, description: 'Gets requests only while no other target is available.', expects: 'true or false' })),
  },
  { ...closed, description: 'A target with what is special about it.', expects: 'a set of options with `url`' },
);

const targetEntry = Type.Union([target, weightedTargetSchema], {
  description: 'A target, or `{ url, weight, backup }`.',
  expects: 'a target such as api:8000, or `{ url: "http://api:8000", weight: 2 }`',
});

export const upstreamTimeoutsSchema = Type.Object(
  {
    connect: text('durationOrOff', { default: '5s', description: 'To make a connection.' }),
    response: text('durationOrOff', { default: '60s', description: 'From the request sent to the headers of the answer.' }),
    idle: text('durationOrOff', { default: '60s', description: 'Between two pieces of the body of an answer.' }),
    total: text('durationOrOff', { default: 'off', description: 'The whole of an ordinary answer. Event streams, gRPC calls and WebSockets have the next two instead.' }),
    stream: text('durationOrOff', { default: '24h', description: 'An event stream (SSE) without an event, or a gRPC call (to an upstream with `protocol: h2`) without a message in either direction.' }),
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

export const http2Schema = Type.Object(
  {
    connections: count({ minimum: 1, maximum: 1000, default: 16, description: 'Connections to each target and worker at once. Each carries as many requests as the target allows; what is more than all of them take is answered with 503.' }),
    ping: text('durationOrOff', {
      default: '6m',
      description: 'How often a connection with requests on it is tried with a PING; without an answer within 10 s it is closed. The default is just above the 5 minutes that gRPC servers ask for: some close connections that ask more often.',
    }),
  },
  { ...closed, description: 'Connections of `protocol: h2`.', expects: 'a set of options' },
);

const protocolOption = Type.Enum(['http1', 'h2'], {
  default: 'http1',
  description:
    'What the targets speak. `h2` is HTTP/2, which gRPC needs: without TLS by prior knowledge (h2c), agreed upon by ALPN for targets that start with `https://`. Health checks use it too. WebSockets pass where the target offers them over HTTP/2 (RFC 8441). Trailers of answers are passed on, those of requests are not.',
  expects: 'http1 or h2',
});

/** For filling in what an upstream does not say. */
export const protocolSchema = Type.Object({ protocol: protocolOption }, { ...closed, description: 'The protocol.', expects: 'a set of options' });

/** What may be left out of an upstream that is written in full. */
const options = {
  balance: Type.Optional(balanceOption),
  ...healthOptions,
  ...retryOptions,
  ...overloadOptions,
  ...namesOptions,
  tls: Type.Optional(Type.Partial(upstreamTlsSchema, { ...closed, description: 'TLS towards targets that start with `https://`.', expects: 'a set of options' })),
  keepAlive: Type.Optional(Type.Partial(keepAliveSchema, { ...closed, description: 'Connections kept for the next request.', expects: 'a set of options' })),
  protocol: Type.Optional(protocolOption),
  http2: Type.Optional(Type.Partial(http2Schema, { ...closed, description: 'Connections of `protocol: h2`.', expects: 'a set of options' })),
  timeouts: Type.Optional(someUpstreamTimeouts),
};

const fullUpstreamSchema = Type.Object(
  {
    targets: oneOrMore(targetEntry, 'a target such as api:8000', { description: 'Where requests go: one target or a list. A name stands for every address it has.' }, TARGETS_MAX),
    ...options,
  },
  { ...closed, description: 'The full form.', expects: 'a set of options with `targets`' },
);

/** The full form comes before the list, because the reference shows the options of the first form that has any. */
export const upstreamSchema = Type.Union(
  [target, fullUpstreamSchema, Type.Array(targetEntry, { minItems: 1, maxItems: TARGETS_MAX, description: 'Several targets.' })],
  {
    description: 'One target, a list of targets, or all options in full.',
    expects: 'a target such as api:8000, a list of targets, or a set of options with `targets`',
  },
);
