import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { generalOptions } from './general.ts';
import { listenSchema } from './listen.ts';
import { defaultsOptions, policySetSchema, routeSchema } from './route.ts';
import { upstreamSchema } from './upstream.ts';
import { closed } from './value.ts';

const ROUTES_MAX = 50_000;
const UPSTREAMS_MAX = 10_000;
const SETS_MAX = 1000;

/** The whole file: its types, what is valid, and the text of the reference. */
export const fileSchema = Type.Object(
  {
    listen: listenSchema,
    upstreams: Type.Optional(
      Type.Record(Type.String(), upstreamSchema, {
        propertyNames: { text: 'upstreamName' },
        maxProperties: UPSTREAMS_MAX,
        description: 'The services behind the gateway, each under the name that routes use.',
        expects: 'names with their targets, such as `api: api:8000`',
        examples: [
          { api: 'api:8000' },
          { api: ['api-1:8000', 'api-2:8000'] },
          { api: { targets: ['https://api:8443'], tls: { verify: false }, timeouts: { response: '120s' } } },
        ],
      }),
    ),
    routes: Type.Array(routeSchema, {
      minItems: 1,
      maxItems: ROUTES_MAX,
      description: 'Which requests go where. Each route has exactly one of `upstream`, `respond`, `redirect` and `health`.',
      expects: 'a list of routes',
      examples: [[{ host: 'app.example.com', path: '/api/*', upstream: 'api' }]],
    }),
    defaults: Type.Optional(
      Type.Object(defaultsOptions, {
        ...closed,
        description: 'What every route gets unless it says otherwise. What is a set of options is joined key by key; answers that belong to no route get it too.',
        expects: 'a set of options',
        examples: [{ timeouts: { response: '30s' }, https: 'both' }],
      }),
    ),
    policies: Type.Optional(
      Type.Record(Type.String(), policySetSchema, {
        propertyNames: { text: 'policySetName' },
        maxProperties: SETS_MAX,
        description: 'Sets of policies, each under the name by which routes `use` it.',
        expects: 'names with the policies of each set',
        examples: [{ internal: { ip: { allow: ['10.0.0.0/8'] } } }],
      }),
    ),
    ...generalOptions,
  },
  { ...closed, title: 'Sluice configuration', description: 'Configuration of the Sluice gateway.', expects: 'a set of options' },
);

export type RawConfig = Static<typeof fileSchema>;
export type RawListen = RawConfig['listen'];
export type RawUpstream = NonNullable<RawConfig['upstreams']>[string];
/** An upstream with its options, however short it is written. */
export type FullUpstream = Exclude<RawUpstream, string | unknown[]>;
export type RawRoute = RawConfig['routes'][number];
export type RawTls = NonNullable<RawConfig['tls']>;
export type RawAcme = NonNullable<RawConfig['acme']>;
export type RawDefaults = NonNullable<RawConfig['defaults']>;
export type RawReload = NonNullable<RawConfig['reload']>;
export type RawTraces = NonNullable<RawConfig['traces']>;
export type RawAccessLog = NonNullable<RawConfig['accessLog']>;
export type RawRouteLog = NonNullable<RawRoute['accessLog']>;
