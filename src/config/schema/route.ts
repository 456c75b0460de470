import { Type } from '../../lib/schema-type.ts';
import { POLICY_KINDS } from '../policies/policy-kinds.ts';
import { routeLogOption } from './access-log.ts';
import { someUpstreamTimeouts } from './upstream.ts';
import { closed, count, oneOrMore, optionalOf, text } from './value.ts';

const CONDITIONS_MAX = 32;
const REDIRECT_STATUS = [301, 302, 303, 307, 308] as const;
const present = Type.Literal(true, { description: 'Present, with any value.' });

/** What a route says itself, and `defaults` says for all of them. */
const sharedRouteOptions = {
  timeouts: Type.Optional(someUpstreamTimeouts),
  hostHeader: Type.Optional(
    text('hostHeader', {
      default: 'keep',
      description: "The Host header the upstream sees: `keep` for the client's, `target` for the target's own, or a name.",
      examples: ['target', 'shop.example.com'],
    }),
  ),
  streams: Type.Optional(count({ minimum: 0, maximum: 1_000_000, default: 10_000, description: 'Event streams (SSE) open at once on the route, all workers together. More are answered with 503.' })),
  tunnels: Type.Optional(count({ minimum: 0, maximum: 1_000_000, default: 10_000, description: 'WebSockets open at once on the route, all workers together. More are answered with 503.' })),
  https: Type.Optional(
    Type.Enum(['redirect', 'both'], {
      default: 'redirect',
      description: '`redirect` sends plain HTTP to HTTPS with 308, where an HTTPS listener exists. `both` serves plain HTTP as well.',
      expects: '`redirect` or `both`',
    }),
  ),
  accessLog: routeLogOption,
};

/** For filling in what neither the route nor `defaults` says. */
export const sharedRouteSchema = Type.Required(Type.Object(sharedRouteOptions));

const headerValue = text('headerValue', { description: 'The value, or a list of values, each sent as a header of its own.' });

const respondSchema = Type.Object(
  {
    status: Type.Optional(count({ minimum: 200, maximum: 599, default: 200, description: 'Status of the answer.' })),
    body: Type.Optional(Type.String({ maxLength: 1_048_576, default: '', description: 'Text of the answer, as `text/plain; charset=utf-8` unless `headers` has a content-type.', expects: 'text of at most 1 MB' })),
    json: Type.Optional(Type.Unknown({ description: 'Any value, sent as JSON. Instead of `body`.' })),
    file: Type.Optional(text('file', { description: 'A file that is the answer, at most 1 MB. Instead of `body`. It is read at load; the ending of its name is its type: `.html`, `.json`, `.txt`, `.css`, `.js`, `.svg` or `.xml`. Relative to the folder of the configuration file.' })),
    headers: Type.Optional(
      Type.Record(Type.String(), oneOrMore(headerValue, 'a header value', { description: 'A value, or a list of values.' }), {
        propertyNames: { text: 'answerHeaderName' },
        maxProperties: 100,
        description: 'Headers of the answer.',
        expects: 'headers with their values',
      }),
    ),
  },
  {
    ...closed,
    description: 'A fixed answer.',
    expects: 'a set of options such as `{ status: 200, body: "text" }`',
    examples: [{ status: 200, body: 'fine\n' }, { json: { status: 'ok' } }, { status: 503, file: './maintenance.html', headers: { 'Retry-After': '120' } }],
  },
);

const redirectTo = text('redirectTo', { description: 'A path or an http(s) URL; `{host}`, `{path}` and `{query}` (with its `?`) stand for those of the request.' });

const redirectSchema = Type.Union(
  [
    redirectTo,
    Type.Object(
      {
        to: redirectTo,
        status: Type.Optional(Type.Enum([...REDIRECT_STATUS], { default: 308, description: '301, 302, 303, 307 or 308.', expects: 'one of 301, 302, 303, 307 and 308' })),
      },
      { ...closed, description: 'The same with a status.', expects: 'a set of options with `to`' },
    ),
  ],
  {
    description: 'Sends the client elsewhere, with 308 unless `status` says otherwise.',
    expects: 'a path, a URL, or `{ to: URL, status: 308 }`',
    examples: ['/new', { to: 'https://example.com{path}{query}', status: 301 }],
  },
);

const matchSchema = Type.Object(
  {
    headers: Type.Optional(Type.Record(Type.String(), Type.Union([text('headerValue', { description: 'The exact value.' }), present], { expects: 'text (in quotes), or true for any value' }), {
      propertyNames: { text: 'matchedHeaderName' },
      maxProperties: CONDITIONS_MAX,
      description: 'Headers the request must have: the exact value, or `true` for any value.',
      expects: 'headers with the value they must have',
      examples: [{ 'X-Version': '2', 'X-Debug': true }],
    })),
    query: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String({ maxLength: 1000, description: 'The exact value.' }), present], { expects: 'text (in quotes), or true for any value' }), {
      maxProperties: CONDITIONS_MAX,
      description: 'Query parameters the request must have: the exact value, or `true` for any value.',
      expects: 'query parameters with the value they must have',
      examples: [{ preview: true, v: '2' }],
    })),
  },
  {
    ...closed,
    description: 'What else a request must have for this route, beside host, path and method.',
    expects: '`headers`, `query` or both',
    examples: [{ headers: { 'X-Version': '2' } }, { query: { preview: true } }],
  },
);

/** The policies of a route: in the route itself, in `defaults`, and in a set of `policies`. */
const policyOptions = optionalOf(POLICY_KINDS);

export const policySetSchema = Type.Object(policyOptions, { ...closed, description: 'A set of policies.', expects: 'a set of policies such as `ip: { allow: 10.0.0.0/8 }`' });

/** What `defaults` may say of every route. */
export const defaultsOptions = { ...sharedRouteOptions, ...policyOptions };

export const routeSchema = Type.Object(
  {
    name: Type.Optional(text('routeName', { description: 'Unique label in the logs. Without it, host and path are the label.', examples: ['orders'] })),
    host: Type.Optional(oneOrMore(text('host', { description: 'A host name.' }), 'a host name such as app.example.com', {
      description: 'Hosts of the request: a name, `*.example.com` for every name below it, or an IP address (IPv6 in brackets). Without it, every host.',
      examples: ['app.example.com', ['example.com', '*.example.com']],
    })),
    path: Type.Optional(oneOrMore(text('path', { description: 'A path pattern.' }), 'a path such as /api/*', {
      default: '/*',
      description: 'Paths of the request: `/exact`; `/prefix/*` for `/prefix` and all below it; `/prefix/*.css` or `/prefix/*.{css,js}` for endings; `~REGEX` for a regular expression in RE2 syntax.',
      examples: ['/api/*', ['/', '/static/*.{css,js}'], '~^/users/[0-9]+$'],
    })),
    methods: Type.Optional(Type.Array(text('method', { description: 'A method.' }), {
      minItems: 1,
      maxItems: CONDITIONS_MAX,
      description: 'Methods of the request. `GET` allows `HEAD` as well. Without it, every method.',
      expects: 'a list of methods such as [GET, POST]',
      examples: [['GET', 'POST']],
    })),
    match: Type.Optional(matchSchema),
    priority: Type.Optional(count({ minimum: -1_000_000, maximum: 1_000_000, default: 0, description: 'Decides between routes that are otherwise equally specific; the higher one wins.' })),
    upstream: Type.Optional(text('upstreamOrTarget', { description: 'Where requests go: the name of an upstream, or a target written directly.', examples: ['api', 'api:8000'] })),
    respond: Type.Optional(respondSchema),
    redirect: Type.Optional(redirectSchema),
    health: Type.Optional(Type.Enum(['readiness', 'liveness'], {
      description: 'For the probes of a load balancer or of Kubernetes that reach only the public ports: `readiness` answers 200 while requests are taken and 503 once a stop has begun, `liveness` always 200. It tells nothing else, and is not redirected to HTTPS unless the route itself says so.',
      expects: '`readiness` or `liveness`',
      examples: ['readiness'],
    })),
    stripPrefix: Type.Optional(text('pathPrefix', { description: 'Removed from the beginning of the path before the request is sent on. All paths of the route must begin with it.', examples: ['/api'] })),
    addPrefix: Type.Optional(text('pathPrefix', { description: 'Put before the path, after `stripPrefix`.', examples: ['/v1'] })),
    rewrite: Type.Optional(Type.Object(
      {
        pattern: text('regex', { description: 'Regular expression in RE2 syntax.' }),
        with: Type.String({ maxLength: 1000, description: 'What takes the place of each match; `$1` is the first group, `$&` the match, `$$` a dollar sign.', expects: 'text' }),
      },
      { ...closed, description: 'Search and replace in the path, after `stripPrefix` and `addPrefix`.', expects: '`pattern` and `with`', examples: [{ pattern: '^/old/(.*)$', with: '/new/$1' }] },
    )),
    use: Type.Optional(oneOrMore(text('policySetName', { description: 'The name of a set.' }), 'the name of a set of `policies`', {
      description: 'Sets of `policies` that the route takes over. A later one counts before an earlier one, and what the route says itself before all; what is a set of options is joined key by key.',
      examples: ['public-api', ['public-api', 'internal']],
    })),
    ...sharedRouteOptions,
    ...policyOptions,
  },
  { ...closed, description: 'Which requests, and what happens to them.', expects: 'a set of options such as `path: /api/*`' },
);
