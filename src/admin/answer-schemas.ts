import type { TProperties, TSchema } from 'typebox';
import { Type } from '../lib/schema-type.ts';

/** What answers are made of. Closed, so that a test finds what is answered and not described. */
function closed<T extends TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false });
}

function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const time = Type.String({ format: 'date-time' });
const milliseconds = Type.Number();
const plain = Type.Union([text, Type.Number(), Type.Boolean(), Type.Null()]);

export const problemSchema = Type.Object({ type: text, title: text, status: Type.Integer(), detail: text }, { description: 'RFC 9457; further members say more.' });

export const targetSchema = closed({
  upstream: text,
  key: Type.String({ description: 'Target, and its address where the name has several.' }),
  state: Type.Enum(['up', 'slow-start', 'unhealthy', 'ejected', 'breaker-open', 'half-open', 'draining', 'down']),
  reason: Type.String({ description: 'Why the state changed last, in words.' }),
  sinceMs: Type.Number({ description: 'Epoch milliseconds of that change.' }),
  lastCheck: nullable(closed({ text, atMs: Type.Number() })),
  inFlight: count, requests: count, failures: count, ejections: count,
});

export const certificateSchema = closed({
  names: Type.Array(text),
  source: Type.Enum(['file', 'acme', 'local-ca']),
  file: nullable(text), issuer: nullable(text), notAfter: nullable(text),
  renewal: closed({ at: nullable(text), why: text }),
  pendingSince: nullable(text),
  lastError: nullable(closed({ text, at: text, nextAttempt: nullable(text) })),
});

export const healthSchema = closed({
  status: Type.Enum(['starting', 'ready', 'draining']),
  version: text,
  generation: count,
  uptimeSeconds: count,
  listeners: Type.Array(closed({ kind: Type.Enum(['http', 'https', 'admin']), address: text })),
  workers: Type.Array(closed({ id: count, state: Type.Enum(['starting', 'ready', 'draining', 'down']), generation: count })),
  routes: Type.Integer({ description: 'How many there are.' }),
  upstreams: Type.Array(closed({ name: text, targets: count, available: Type.Integer({ description: 'Targets that take requests.' }) })),
  targets: Type.Array(targetSchema),
  certificates: closed({
    total: count,
    waiting: Type.Integer({ description: 'Not there yet.' }),
    failing: Type.Integer({ description: 'The last attempt to renew failed.' }),
    firstNotAfter: nullable(time),
  }),
});

export const routeSchema = closed({
  id: text,
  action: Type.Enum(['forward', 'respond', 'redirect', 'health']),
  upstream: nullable(text),
  matches: Type.Array(text),
  does: text,
  policies: Type.Array(text),
});

export const configValueSchema = closed({
  path: Type.String({ description: 'Routes go by their id: `routes["app.example.com/*"].timeouts.response`.' }),
  value: Type.Union([text, Type.Number(), Type.Boolean(), Type.Null()], { description: 'What came from the environment or a secret file is named; other secrets are `***`.' }),
  from: Type.String({ description: '`gateway.yaml:12`, or `default`.' }),
});

export const generationSchema = closed({
  generation: count,
  at: time,
  ms: milliseconds,
  verdict: closed({
    outcome: Type.Enum(['none', 'watched', 'kept', 'rolled_back', 'replaced', 'stuck'], { description: 'What came of the guard of reloads; `none`: it was not watched.' }),
    reason: Type.String({ description: 'What was worse than before.' }),
  }),
  changes: Type.Array(closed({ path: text, before: plain, after: plain, from: text })),
  moreChanges: count,
});

export const requestSchema = closed({
  time, endedAtMs: Type.Number(), requestId: text, trace: text, method: text, scheme: Type.Enum(['http', 'https']), host: text,
  path: Type.String({ description: 'With its query. Secrets and personal data are masked as in the access log.' }),
  protocol: text, tls: text, status: Type.Integer(), code: text, reason: text, client: text, route: text, upstream: text, target: text,
  attempts: count,
  bytesIn: Type.Integer({ minimum: 0, description: 'What was read of its body to be sent on, and of a tunnel; 0 where it was not forwarded.' }),
  bytesOut: Type.Integer({ minimum: 0, description: 'The body of the answer as it was sent, and what a tunnel carried.' }),
  requestMs: nullable(milliseconds), connectMs: nullable(milliseconds), headMs: nullable(milliseconds), responseMs: nullable(milliseconds),
  userAgent: text, referer: text, upgrade: text,
});

/** Data of one event of a stream of requests. */
export const followedSchema = closed({
  requests: Type.Array(requestSchema, { description: 'Of one worker, in the order of their ends.' }),
  missed: Type.Integer({ minimum: 0, description: 'Others that went by too fast to be told.' }),
});

export const limitSchema = closed({
  scope: Type.String({ description: 'Id of the route, or the zone that several routes share.' }),
  limit: Type.String({ description: 'As people write it: `10/min`.' }),
  remaining: count,
  retryAfterMs: milliseconds,
});

/** `{ name: [items] }` with whatever stands beside it. */
export function listOf(name: string, item: TSchema, beside: TProperties = {}) {
  return closed({ [name]: Type.Array(item), ...beside });
}

/** An answer with these members. */
export function answerOf(properties: TProperties) {
  return closed(properties);
}

/** Those that have a name in the description of the API. */
export const NAMED_SCHEMAS = {
  Problem: problemSchema, Health: healthSchema, Target: targetSchema, Certificate: certificateSchema, Route: routeSchema, Request: requestSchema,
  FollowedRequests: followedSchema, Limit: limitSchema, ConfigValue: configValueSchema, Generation: generationSchema,
} as const;
