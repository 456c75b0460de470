import type { RouteMatch, ValueMatch } from './route-match.ts';
import { type Context, listed } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import { parsePathPattern } from './path-pattern.ts';
import type { RawRoute } from './schema/file.ts';

const PATH_DEFAULT = '/*';

/** Every combination of the hosts and paths of a route, which must be valid. Reports header names given twice. */
export function resolveMatches(raw: RawRoute, index: number, context: Context): RouteMatch[] {
  const methods = raw.methods === undefined ? null : withHead(raw.methods);
  const headers = resolveHeaders(raw, index, context);
  const query = Object.entries(raw.match?.query ?? {}).map(([name, value]) => valueMatch(name, value));
  const paths = listed(raw.path ?? PATH_DEFAULT).map(({ item }) => parsePathPattern(item));
  const hosts = raw.host === undefined ? [null] : new Set(listed(raw.host).map(({ item }) => parseHostPattern(item)));
  const priority = raw.priority ?? 0;
  return [...hosts].flatMap((host) => paths.map((path) => ({ host, path, methods, headers, query, priority })));
}

/** RFC 9110 section 9.3.2: what answers GET answers HEAD. */
function withHead(methods: readonly string[]): string[] {
  const all = new Set(methods);
  if (all.has('GET')) all.add('HEAD');
  return [...all];
}

function resolveHeaders(raw: RawRoute, index: number, context: Context): ValueMatch[] {
  const byName = new Map<string, ValueMatch>();
  for (const [written, value] of Object.entries(raw.match?.headers ?? {})) {
    const name = written.toLowerCase();
    if (byName.has(name)) {
      context.report.error(context.key('routes', index, 'match', 'headers', written), `the header \`${written}\` is given twice: case makes no difference`);
    }
    byName.set(name, valueMatch(name, value));
  }
  return [...byName.values()];
}

function valueMatch(name: string, value: string | true): ValueMatch {
  return { name, value: value === true ? null : value };
}
