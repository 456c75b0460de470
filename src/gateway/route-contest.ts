import type { RouteConfig } from '../config/config.ts';
import type { RouteMatch } from '../config/route-match.ts';
import { compareSpecificity, decidingRule, type DecidingRule, type Specificity, specificityOf } from '../config/specificity.ts';
import { RouteTable } from '../request/route-table.ts';

/** What is asked of a route, as the route table is asked. */
export interface ContestQuestion {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: readonly string[];
}

type Condition = 'path' | 'methods' | 'headers' | 'query';

/** One match of a route that is for the host of a request. */
export interface Contestant {
  readonly route: RouteConfig;
  readonly match: RouteMatch;
  /** Conditions that the request does not meet; none: it could have taken it. */
  readonly lacks: readonly Condition[];
  /** By what the winner was before it; null: it is the winner, or there is none. */
  readonly losesBy: DecidingRule | null;
}

interface Entry {
  readonly route: RouteConfig;
  readonly match: RouteMatch;
  readonly specificity: Specificity;
}

const ANY = { host: null, path: { kind: 'prefix', prefix: '' }, methods: null, headers: [], query: [], priority: 0 } as const satisfies RouteMatch;
const CONDITIONS = ['path', 'methods', 'headers', 'query'] as const;

/**
 * Every match that is for the host of a request, the winner first, then those that could have taken it, then those nearest to it;
 * each is asked by a table of its own, so that the same code says so that routes requests.
 */
export function contest(routes: readonly RouteConfig[], question: ContestQuestion): Contestant[] {
  const entries = routes.flatMap((route) => route.matches.map((match): Entry => ({ route, match, specificity: specificityOf(match) })));
  const present = entries.filter(({ match: { host } }) => takes({ ...ANY, host }, question)).toSorted((a, b) => compareSpecificity(a.specificity, b.specificity));
  const lacking = new Map(present.map((entry) => [entry, CONDITIONS.filter((condition) => !takes({ ...ANY, [condition]: entry.match[condition] }, question))]));
  const winner = present.find((entry) => lacking.get(entry)?.length === 0) ?? null;
  return present
    .map((entry): Contestant => {
      const lacks = lacking.get(entry) ?? [];
      const losesBy = winner === null || winner === entry || lacks.length > 0 ? null : decidingRule(winner.specificity, entry.specificity);
      return { route: entry.route, match: entry.match, lacks, losesBy };
    })
    .toSorted((a, b) => distance(a) - distance(b));
}

/** Another path is further away than all the rest. */
function distance({ lacks }: Contestant): number {
  return lacks.length + (lacks.includes('path') ? CONDITIONS.length : 0);
}

function takes(match: RouteMatch, { method, host, path, query, rawHeaders }: ContestQuestion): boolean {
  return new RouteTable([{ matches: [match], value: true }]).find(method, host, path, query, rawHeaders) !== null;
}
