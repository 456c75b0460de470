import { Type } from '../../lib/schema-type.ts';
import type { OriginList } from '../../lib/origin-set.ts';
import { parseDuration } from '../../lib/duration.ts';
import { type Context, listed } from '../context.ts';
import { hasLooseDot, parseOriginPattern, takesEveryOrigin } from '../origin-pattern.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, offOr, oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const origins = oneOrMore(text('origin', { description: 'An origin.' }), 'an origin such as https://app.example.com', {
  description: 'Whose pages may read the answers: an origin; `https://*.example.com` for every name below it, at any depth; a port `:*` for every port; `~REGEX` in RE2 syntax, which must match the whole origin whether it is anchored or not; `"*"` for everybody. `"null"`, the origin of sandboxed frames and local files, is never taken unless it is listed (or `"*"` is).',
  examples: ['https://app.example.com', ['https://*.example.com', 'http://localhost:*']],
});

const headerName = text('answerHeaderName', { description: 'A header name, or `*`.' });

const schema = Type.Object(
  {
    origins: Type.Optional(origins),
    credentials: Type.Optional(Type.Boolean({ default: false, description: 'Whether those pages may send the cookies and the HTTP login of their visitors along and read the answers. Not possible with the origin `*`.', expects: 'true or false' })),
    methods: Type.Optional(oneOrMore(text('method', { description: 'A method.' }), 'a method such as PUT', { default: [...METHODS], description: 'Methods that a preflight allows. The `methods` of the route are another bound.', examples: [['GET', 'POST']] })),
    headers: Type.Optional(oneOrMore(headerName, 'a header name', { default: '*', description: 'Request headers that a preflight allows; `*` allows what the page asks for.', examples: [['Authorization', 'Content-Type']] })),
    exposeHeaders: Type.Optional(oneOrMore(headerName, 'a header name', { description: 'Headers of the answer that a page may read, beside the few that it may always read; `*` for all of them, which browsers take only without `credentials`.', examples: [['X-Total-Count', 'Retry-After']] })),
    maxAge: Type.Optional(text('durationOrOff', { default: '10m', description: 'For how long a browser may remember the answer to a preflight, in whole seconds. Browsers have bounds of their own: 2 hours in Chromium, a day in Firefox. `off`: it asks each time.' })),
    privateNetwork: Type.Optional(Type.Boolean({ default: false, description: 'Whether public pages may reach this gateway on a private network: answers `Access-Control-Request-Private-Network`, which some browsers send. Local Network Access, which takes its place in newer ones, asks the user and no server.', expects: 'true or false' })),
    keepUpstream: Type.Optional(Type.Boolean({ default: false, description: 'Whether an upstream that sends `Access-Control-Allow-Origin` itself has the last word on its answers. Otherwise its `Access-Control-*` headers are replaced, so that there are never two. Preflights are answered here in any case.', expects: 'true or false' })),
    enforce: Type.Optional(Type.Boolean({ default: false, description: 'Whether every request whose `Origin` is another one is refused with 403, not only WebSockets. Clients that are no browser can write any origin, so it protects the users of browsers, not the API.', expects: 'true or false' })),
  },
  closed,
);

const completeSchema = Type.Required(schema);

/** Whose pages may do what. */
export interface CorsConfig {
  /** Everybody's pages; the list is empty then. */
  readonly any: boolean;
  readonly origins: OriginList;
  readonly credentials: boolean;
  /** Header value. */
  readonly methods: string;
  /** Header value; null: what is asked for. */
  readonly headers: string | null;
  /** Header value; '' for none. */
  readonly exposeHeaders: string;
  readonly maxAgeSeconds: number;
  readonly privateNetwork: boolean;
  readonly keepUpstream: boolean;
  readonly enforce: boolean;
}

/** Which pages of other origins may read what a route answers (Fetch standard, section 3.2). */
export const cors = policyKind({
  schema,
  option: offOr(Type.Union([origins, schema]), {
    description: 'Which pages of other origins may use the route from a browser (CORS). Preflights are answered here, before authentication and without the upstream, also where `methods` of the route leaves OPTIONS out; errors have the headers too, so that a page can read why. A WebSocket, and an event stream with credentials, that a page of another origin opens is refused with 403: browsers would let it through, with the cookies of the visitor. Pages of the same origin need nothing.',
    expects: 'an origin such as https://app.example.com, a list of them, options, or `off`',
    examples: ['https://app.example.com', { origins: ['https://app.example.com', 'https://*.example.com'], credentials: true }],
  }),
  shorthand: 'origins',
  always: false,
  resolve(raw, place): CorsConfig | null {
    const { methods, headers, maxAge, ...options } = withDefaults(completeSchema, raw);
    const exposed = [raw.exposeHeaders ?? []].flat();
    const found = raw.origins === undefined ? null : originsOf(raw.origins, place);
    if (found === null) {
      place.report.error(place.at(), '`origins` is missing', 'Write `origins: https://app.example.com`, or `origins: "*"` for everybody.');
      return null;
    }
    if (options.credentials) reportCredentials(found, exposed, place);
    const asked = [headers].flat();
    return {
      ...found,
      credentials: options.credentials,
      methods: [...new Set([methods].flat())].join(', '),
      headers: asked.includes('*') ? null : asked.join(', '),
      exposeHeaders: exposed.join(', '),
      maxAgeSeconds: Math.floor(parseDuration(maxAge) / 1000),
      privateNetwork: options.privateNetwork,
      keepUpstream: options.keepUpstream,
      enforce: options.enforce,
    };
  },
});

function originsOf(given: string | readonly string[], place: Context): Pick<CorsConfig, 'any' | 'origins'> {
  const items = listed(given).map(({ item, steps }) => ({ pattern: parseOriginPattern(item), node: place.at('origins', ...steps) }));
  const any = items.some(({ pattern }) => pattern.kind === 'any');
  for (const { pattern, node } of items) {
    if (any && pattern.kind !== 'any') place.report.error(node, 'with `*` this says nothing', 'Remove it, or remove `*`.');
    if (pattern.kind === 'regex' && hasLooseDot(pattern.source)) place.report.warning(node, '`.` stands for any character, so other hosts fit too', 'Write `\\.` where a dot is meant.');
  }
  const patterns = items.map(({ pattern }) => pattern);
  return {
    any,
    origins: {
      exact: patterns.flatMap((pattern) => (pattern.kind === 'exact' ? [pattern.origin] : [])),
      rules: patterns.flatMap((pattern) => (pattern.kind === 'rule' ? [pattern.rule] : [])),
      patterns: patterns.flatMap((pattern) => (pattern.kind === 'regex' ? [pattern.source] : [])),
    },
  };
}

/** Whoever takes everybody's pages must not take the cookies of their visitors. */
function reportCredentials({ any, origins: { exact, patterns } }: Pick<CorsConfig, 'any' | 'origins'>, exposed: readonly string[], place: Context): void {
  const node = place.at('credentials');
  const hint = 'List the origins, as in `origins: [https://app.example.com]`, or leave `credentials` out.';
  if (any || patterns.some((source) => takesEveryOrigin(source))) place.report.error(node, 'every page on the web could act as its visitor here', hint);
  else if (exact.includes('null')) place.report.error(node, 'every page can give itself the origin `null`, so every page could act as its visitor here', hint);
  if (exposed.includes('*')) place.report.error(place.at('exposeHeaders'), 'with `credentials` browsers take `*` for the name of a header', 'Name the headers.');
}
