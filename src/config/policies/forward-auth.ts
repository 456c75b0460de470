import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { Context } from '../context.ts';
import { checkIdentityHeaderName } from '../header-field.ts';
import { withDefaults } from '../schema/defaults.ts';
import { closed, oneOrMore, text } from '../schema/value.ts';
import { policyKind } from './policy-kind.ts';

const TIMEOUT_MS_MAX = 60_000;
const CACHE_MS_MAX = 600_000;
/** What sessions and tokens stand in, and by what a service tells a browser from a program. */
const DEFAULT_HEADERS = ['Cookie', 'Authorization', 'Accept', 'Accept-Language', 'User-Agent', 'X-Requested-With'];
/** Framing, what is said otherwise, and what would make the answer one that has no body. */
const NOT_SENT = /^(?:host|expect|http2-settings|proxy-.*|forwarded|x-forwarded-.*|x-real-ip|via|if-.*|range|accept-encoding|content-.*)$/i;

const header = text('answerHeaderName', { description: 'A header.' });

const url = text('httpUrl', { description: 'Where to ask. Redirects are not followed.', examples: ['http://auth:4180/verify'] });

const defaultedOptions = {
  timeout: Type.Optional(text('duration', { default: '5s', description: 'How long the service may take to answer, up to 60s. Longer is 503.' })),
  headers: Type.Optional(oneOrMore(header, 'the name of a header', { default: DEFAULT_HEADERS, description: 'Headers of the request that the service gets as they came. It always gets `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`; never the body, and never keys that other policies take out of a request.' })),
  cache: Type.Optional(text('durationOrOff', { default: 'off', description: 'How long a yes counts for the same question, up to 10m: method, host, path, query, address of the client and all headers sent. A no is never kept. Whoever signs out stays signed in for so long.', examples: ['10s'] })),
};

const schema = Type.Object(
  {
    url: Type.Optional(url),
    forward: Type.Optional(oneOrMore(header, 'the name of a header', { description: 'Headers of a yes that the upstream gets. What clients send under these names is removed, on all routes (`Authorization`: on this one).', examples: [['X-Auth-Request-User', 'X-Auth-Request-Email']] })),
    user: Type.Optional(text('identityHeaderName', { description: 'The header of a yes with the name of the user, for the log and for limits.', examples: ['X-Auth-Request-User'] })),
    roles: Type.Optional(text('identityHeaderName', { description: 'The header of a yes with the roles of the user, separated by commas: for `roles` of the route.', examples: ['X-Auth-Request-Groups'] })),
    ...defaultedOptions,
  },
  closed,
);

const filledSchema = Type.Required(Type.Object(defaultedOptions));

type Raw = Static<typeof schema>;

/** Whom to ask who may come in. */
export interface ForwardAuthConfig {
  readonly url: string;
  readonly timeoutMs: number;
  /** Lower case. */
  readonly headers: readonly string[];
  /** As written. */
  readonly forward: readonly string[];
  /** Lower case; null: nobody is told by name. */
  readonly user: string | null;
  /** Lower case; null: there are no roles. */
  readonly roles: string | null;
  /** 0: nothing is kept. */
  readonly cacheMs: number;
}

/** A service of the user's decides (Traefik: forwardAuth, nginx: auth_request, Caddy: forward_auth). */
export const forwardAuth = policyKind({
  schema,
  option: Type.Union([Type.Enum(['off'], { description: 'Turned off.' }), url, schema], {
    description: 'Another service decides who may come in, such as oauth2-proxy, Authelia or Authentik. It is asked with a GET. With 2xx the request goes on; 401, 403 and redirects are given to the client as they are; everything else, and no answer, is 503.',
    expects: '`url`, or a set of options with it',
    examples: [{ url: 'http://auth:4180/verify', forward: ['X-Auth-Request-User'] }],
  }),
  shorthand: 'url',
  always: false,
  resolve: resolveForwardAuth,
});

function resolveForwardAuth(raw: Raw, place: Context): ForwardAuthConfig | null {
  if (raw.url === undefined) {
    place.report.error(place.at(), 'it is not said where to ask', 'Give it `url`.');
    return null;
  }
  const full = withDefaults(filledSchema, raw);
  const forward = [raw.forward ?? []].flat();
  for (const [index, name] of forward.entries()) checkForwarded(name, Array.isArray(raw.forward) ? ['forward', index] : ['forward'], place);
  const headers = [full.headers].flat();
  for (const [index, name] of headers.entries()) {
    if (!NOT_SENT.test(name)) continue;
    const at = Array.isArray(raw.headers) ? place.at('headers', index) : place.at('headers');
    place.report.error(at, `\`${name}\` is not sent to the service as it came`, 'Who asks for what, it is told in `X-Forwarded-*`. Leave it out.');
  }
  return {
    url: raw.url,
    timeoutMs: bounded(full.timeout, 'timeout', TIMEOUT_MS_MAX, 'up to 60s', place),
    headers: headers.map((name) => name.toLowerCase()),
    forward,
    user: raw.user?.toLowerCase() ?? null,
    roles: raw.roles?.toLowerCase() ?? null,
    cacheMs: bounded(full.cache, 'cache', CACHE_MS_MAX, 'up to 10m', place),
  };
}

/** What is not for a gateway to say must not be taken from all clients of all routes, as an identity is. */
function checkForwarded(name: string, path: readonly (string | number)[], place: Context): void {
  if (name.toLowerCase() === 'authorization') return;
  try {
    checkIdentityHeaderName(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    place.report.error(place.at(...path), error.message);
  }
}

function bounded(duration: string, option: string, msMax: number, range: string, place: Context): number {
  const ms = parseDuration(duration);
  if (ms > msMax) place.report.error(place.at(option), `\`${duration}\` is out of range: ${range}`);
  return ms;
}
