import { Type } from '../../lib/schema-type.ts';
import { closed, count, text } from './value.ts';

const HEADERS_MAX = 20;
const TRUST = ['ids', 'all', 'none'] as const;

export const tracesSchema = Type.Object({
  endpoint: Type.Optional(
    text('httpUrl', {
      description: 'Where spans are sent, with OTLP over HTTP in JSON: the address of an OpenTelemetry collector, to which `/v1/traces` is added. Without it nothing is exported.',
      examples: ['http://collector:4318'],
    }),
  ),
  headers: Type.Optional(
    Type.Record(Type.String(), text('headerValue', { description: 'The value.' }), {
      propertyNames: { text: 'sentHeaderName' },
      maxProperties: HEADERS_MAX,
      description: 'Headers that are sent to the collector.',
      expects: 'headers with their values',
      examples: [{ authorization: 'Bearer ${COLLECTOR_TOKEN}' }],
    }),
  ),
  sample: text('percent', {
    default: '100%',
    description: 'Share of the traces that are recorded, where it is decided here; a trusted proxy decides for its own. Upstreams are told by the sampled flag, with or without `endpoint`.',
    examples: ['10%'],
  }),
  trustClients: Type.Enum([...TRUST], {
    default: 'ids',
    description:
      'What is believed of the `traceparent` of clients that are no trusted proxies. `ids`: the trace goes on, but whether it is recorded is decided here, so that no stranger can flood the collector. `all`: that is believed, too. `none`: each of their requests begins a new trace.',
    expects: 'one of ids, all and none',
  }),
  service: text('label', { default: 'sluice', description: 'Name under which the collector sees the gateway (`service.name`).', examples: ['edge'] }),
  user: Type.Boolean({ default: false, description: 'Whether spans say who the client is (`enduser.id`), where a policy has recognised it.', expects: 'true or false' }),
  timeout: text('duration', { default: '5s', description: 'How long the collector may take to accept spans.' }),
  queue: count({
    minimum: 1, maximum: 100_000, default: 2048,
    description: 'Spans that wait to be sent, in each worker; further ones are dropped and counted.',
  }),
});

export const tracesOption = Type.Optional(
  Type.Partial(tracesSchema, {
    ...closed,
    description:
      'Traces (W3C Trace Context, OpenTelemetry). Every request to an upstream says by `traceparent` which trace it belongs to, without any option; the access log has the id. With `endpoint`, spans are exported, too: one for the request and one for each attempt at a target.',
    expects: 'a set of options such as `endpoint: http://collector:4318`',
    examples: [{ endpoint: 'http://collector:4318', sample: '10%' }],
  }),
);
