import type { PathPattern, RouteMatch } from '../config/route-match.ts';
import { literalBeginning } from '../config/specificity.ts';
import { RouteTable } from '../request/route-table.ts';
import type { ConfigSide } from './config-side.ts';
import type { RoutePairs } from './route-pairs.ts';

/** Requests that come to another route than before. */
export interface Takeover {
  /** One of them: `GET app.example.com/api/x`. */
  readonly example: string;
  /** Id of before. */
  readonly from: string;
  /** Id of now; null: to none. */
  readonly to: string | null;
}

type Routes = NonNullable<ConfigSide['routes']>;

interface Sample {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: readonly string[];
}

/**
 * Where requests go elsewhere than before, by the table that routes them. What is tried is a request for each match of each
 * route, before and now; what only a pattern that cannot be turned into a path would show stays unseen.
 */
export function takeovers(before: Routes, after: Routes, pairs: RoutePairs): Takeover[] {
  const [old, now] = [tableOf(before), tableOf(after)];
  const found = new Map<string, Takeover>();
  for (const { matches } of [...before, ...after]) {
    for (const match of matches) {
      const sample = sampleOf(match);
      const from = find(old, sample);
      const to = find(now, sample);
      if (from === null || (to === null ? null : pairs.get(to)) === from) continue;
      const key = JSON.stringify([from, to]);
      if (!found.has(key)) found.set(key, { example: `${sample.method} ${sample.host}${sample.path}${sample.query}`, from, to });
    }
  }
  return [...found.values()];
}

function tableOf(routes: Routes): RouteTable<string> {
  return new RouteTable(routes.map(({ id, matches }) => ({ matches, value: id })));
}

function find(table: RouteTable<string>, { method, host, path, query, rawHeaders }: Sample): string | null {
  return table.find(method, host, path, query, rawHeaders);
}

/** A request that a match is for, if it can be told. */
function sampleOf({ host, path, methods, headers, query }: RouteMatch): Sample {
  const parameters = query.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value ?? 'x')}`);
  return {
    method: methods?.[0] ?? 'GET',
    host: host === null ? 'any-host.invalid' : host.replace('*', 'any'),
    path: samplePath(path),
    query: parameters.length === 0 ? '' : `?${parameters.join('&')}`,
    rawHeaders: headers.flatMap(({ name, value }) => [name, value ?? 'x']),
  };
}

function samplePath(path: PathPattern): string {
  switch (path.kind) {
    case 'exact': return path.path;
    case 'prefix': return `${path.prefix}/x`;
    case 'extension': return `${path.prefix}/x.${path.extensions[0] ?? ''}`;
    case 'regex': return `/${literalBeginning(path).replace(/^\//, '')}`;
  }
}
