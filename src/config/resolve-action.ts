import type { ForwardAction, PathRewrite, RedirectAction, RespondAction } from './config.ts';
import type { PathPattern, RouteMatch } from './route-match.ts';
import type { UpstreamTimeouts } from './upstream-config.ts';
import { type AnswerFile, readAnswerFile } from './answer-file.ts';
import type { Context } from './context.ts';
import { checkReplacement } from './regular-expression.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawDefaults, RawRoute } from './schema/file.ts';
import { sharedRouteSchema } from './schema/route.ts';
import { isSubstituted } from './tree.ts';

const BODY_CHARS_MAX = 1_048_576;
const BODIES = ['body', 'file', 'json'] as const;
const BODILESS_STATUS = new Set([204, 205, 304]);

type RawRespond = NonNullable<RawRoute['respond']>;
type RawRedirect = NonNullable<RawRoute['redirect']>;

interface ForwardInput {
  readonly raw: RawRoute;
  readonly index: number;
  readonly upstream: string;
  readonly defaults: RawDefaults;
  readonly timeouts: UpstreamTimeouts;
  readonly matches: readonly RouteMatch[];
}

export function resolveForward({ raw, index, upstream, defaults, timeouts, matches }: ForwardInput, context: Context): ForwardAction {
  const { hostHeader, streams, tunnels } = withDefaults(sharedRouteSchema, raw, defaults);
  return {
    kind: 'forward',
    upstream,
    rewrite: resolveRewrite(raw, index, matches, context),
    hostHeader: hostHeader === 'keep' ? null : hostHeader,
    timeouts,
    streamsMax: streams,
    tunnelsMax: tunnels,
  };
}

function resolveRewrite(raw: RawRoute, index: number, matches: readonly RouteMatch[], context: Context): PathRewrite {
  const { stripPrefix = '', addPrefix = '', rewrite } = raw;
  if (stripPrefix !== '' && !matches.every(({ path }) => beginsWith(path, stripPrefix))) {
    const node = context.at('routes', index, 'stripPrefix');
    const value = isSubstituted(node) ? 'this' : `\`${stripPrefix}\``;
    context.report.error(node, `not every path of this route begins with ${value}`, 'Requests without it would go on unchanged. Split the route, or change `path`.');
  }
  if (rewrite !== undefined) reportReplacement(rewrite, index, context);
  return { stripPrefix, addPrefix, replace: rewrite === undefined ? null : { pattern: rewrite.pattern, with: rewrite.with } };
}

function beginsWith(path: PathPattern, prefix: string): boolean {
  if (path.kind === 'regex') return path.source.replaceAll('\\', '').startsWith(`^${prefix.replaceAll('\\', '')}`);
  const literal = path.kind === 'exact' ? path.path : path.prefix;
  return literal === prefix || literal.startsWith(`${prefix}/`);
}

function reportReplacement(rewrite: { pattern: string; with: string }, index: number, context: Context): void {
  try {
    checkReplacement(rewrite.pattern, rewrite.with);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const node = context.at('routes', index, 'rewrite', 'with');
    context.report.error(node, isSubstituted(node) ? 'this does not fit the groups of `pattern`' : error.message);
  }
}

export function resolveRespond(raw: RawRespond, index: number, context: Context): RespondAction {
  const { status = 200 } = raw;
  const given = BODIES.filter((option) => Object.hasOwn(raw, option));
  const [option = 'body', second] = given;
  if (second !== undefined) context.report.error(context.key('routes', index, 'respond', second), `an answer has only one of ${given.map((key) => `\`${key}\``).join(' and ')}`, 'Remove the others.');
  const { text: body, contentType } = bodyOf(raw, index, context);
  if (body.length > BODY_CHARS_MAX) {
    context.report.error(context.key('routes', index, 'respond', option), 'the answer is too long: 1 MB is the limit');
  }
  if (BODILESS_STATUS.has(status) && body !== '') {
    context.report.error(context.key('routes', index, 'respond', option), `an answer with status ${status} has no body`, 'Remove it, or use the status 200.');
  }
  const headers = Object.entries(raw.headers ?? {}).flatMap(([name, values]) =>
    (typeof values === 'string' ? [values] : values).map((value) => [name.toLowerCase(), value] as const),
  );
  if (body !== '' && !headers.some(([name]) => name === 'content-type')) {
    headers.push(['content-type', contentType]);
  }
  return { kind: 'respond', status, headers, body };
}

function bodyOf({ body = '', file, json }: RawRespond, index: number, context: Context): AnswerFile {
  if (json !== undefined) return { contentType: 'application/json', text: JSON.stringify(json) };
  if (file === undefined) return { contentType: 'text/plain; charset=utf-8', text: body };
  return readAnswerFile(context.at('routes', index, 'respond', 'file'), file, context) ?? { contentType: '', text: '' };
}

export function resolveRedirect(raw: RawRedirect): RedirectAction {
  if (typeof raw === 'string') return { kind: 'redirect', to: raw, status: 308 };
  return { kind: 'redirect', to: raw.to, status: raw.status ?? 308 };
}
