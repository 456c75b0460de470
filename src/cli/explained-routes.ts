import type { RouteConfig } from '../config/config.ts';
import { matchText } from '../config/route-text.ts';
import type { DecidingRule } from '../config/specificity.ts';
import type { RouteMatch } from '../config/route-match.ts';
import { preflightMethod } from '../exchange/preflight.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { contest, type Contestant } from '../gateway/route-contest.ts';
import { isSecretHeader, isSecretParameter } from '../config/secret-name.ts';

/** A route as far as one request is concerned. */
export interface ExplainedRoute {
  readonly id: string;
  /** `gateway.yaml:12`. */
  readonly from: string;
  /** The match that came nearest. */
  readonly match: string;
  /** Why it takes the request, or what it lacks. */
  readonly why: string;
  /** Whether the request would come to it, if no other route were there. */
  readonly fits: boolean;
}

interface ExplainedRoutes {
  /** Null: none takes it. */
  readonly route: ExplainedRoute | null;
  /** Those that are for the same host, the nearest first. */
  readonly others: readonly ExplainedRoute[];
  /** How many of these were left out. */
  readonly moreOthers: number;
}

const OTHERS_MAX = 100;

const BETTER: Readonly<Record<DecidingRule, string>> = {
  'host': 'a closer host', 'exact path': 'an exact path', 'longer path': 'a longer path', 'kind of path': 'a closer kind of path', 'methods': 'a list of methods',
  'headers': 'more headers', 'query': 'more of the query', 'priority': 'a higher `priority`', 'order': 'an earlier place in the file',
};

/**
 * Which routes a request could have come to, and why it comes to that one.
 * @param query of the request with all its parameters. @param placeOf where a route stands, by its index.
 */
export function explainRoutes(routes: readonly RouteConfig[], exchange: Exchange, query: string, placeOf: (index: number) => string): ExplainedRoutes {
  const found = contestOf(routes, exchange, query);
  const seen = new Set<RouteConfig>();
  const nearest = found.filter(({ route }) => !seen.has(route) && seen.add(route));
  const [first, second] = nearest;
  // The gateway has the last word: it refuses some requests that a route would fit.
  const isTaken = first !== undefined && first.lacks.length === 0 && first.route.id === exchange.routeId;
  const shown = (contestant: Contestant, why: string): ExplainedRoute => ({
    id: contestant.route.id, from: placeOf(routes.indexOf(contestant.route)), match: matchText(contestant.match), why, fits: contestant.lacks.length === 0,
  });
  const others = isTaken ? nearest.slice(1) : nearest;
  return {
    route: isTaken ? shown(first, reasonOf(second ?? null)) : null,
    others: others.slice(0, OTHERS_MAX).map((contestant) => shown(contestant, obstacleTo(contestant))),
    moreOthers: Math.max(0, others.length - OTHERS_MAX),
  };
}

/** A preflight comes to the route of the request that it asks for, where that has `cors`. */
function contestOf(routes: readonly RouteConfig[], exchange: Exchange, query: string): Contestant[] {
  const { method, host, path, head: { rawHeaders } } = exchange;
  const question = { host, path, query, rawHeaders };
  const asked = preflightMethod(exchange);
  const forAsked = asked === '' ? [] : contest(routes, { ...question, method: asked });
  const [first] = forAsked;
  return first?.lacks.length === 0 && first.route.policies.cors !== null ? forAsked : contest(routes, { ...question, method });
}

function reasonOf(second: Contestant | null): string {
  if (second === null || second.lacks.length > 0 || second.losesBy === null) return 'no other route of this host takes it';
  return `before others by ${BETTER[second.losesBy]}`;
}

function obstacleTo({ match, lacks, losesBy }: Contestant): string {
  if (lacks.length === 0 && losesBy === null) return 'would take it, were it not refused';
  if (losesBy !== null) return `would take it, but that one has ${BETTER[losesBy]}`;
  const wants = lacks.map((condition) => {
    switch (condition) {
      case 'path': return 'another path';
      case 'methods': return `methods ${match.methods?.join(', ') ?? ''}`;
      case 'headers': return `header ${conditionText(match.headers, isSecretHeader)}`;
      case 'query': return `query ${conditionText(match.query, isSecretParameter)}`;
    }
  });
  return `wants ${wants.join('; ')}`;
}

function conditionText(conditions: RouteMatch['headers'], isSecret: (name: string) => boolean): string {
  return conditions.map(({ name, value }) => (value === null ? name : `${name}=${isSecret(name) ? '***' : value}`)).join(', ');
}
