import { POLICY_KINDS, type PolicySettings } from '../../src/config/policies/policy-kinds.ts';
import type { RouteConfig } from '../../src/config/config.ts';
import type { PathPattern, RouteMatch } from '../../src/config/route-match.ts';

/** Every policy is off. */
export const NO_POLICIES = Object.fromEntries(Object.keys(POLICY_KINDS).map((name) => [name, null])) as unknown as PolicySettings;

/** `/a` exact, `/a/*` prefix, `/a/*.{css,js}` extension, `~^/a` regex: as a configuration file has it. */
export function pathPattern(text: string): PathPattern {
  if (text.startsWith('~')) return { kind: 'regex', source: text.slice(1) };
  const [, prefix, several, one] = /^(.*)\/\*(?:\.\{(.*)\}|\.(.*))?$/.exec(text) ?? [];
  if (prefix === undefined) return { kind: 'exact', path: text };
  const extensions = several?.split(',') ?? (one === undefined ? [] : [one]);
  return extensions.length > 0 ? { kind: 'extension', prefix, extensions } : { kind: 'prefix', prefix };
}

export function routeMatch(path: string, options: Partial<RouteMatch> = {}): RouteMatch {
  return { host: null, path: pathPattern(path), methods: null, headers: [], query: [], priority: 0, ...options };
}

export function routeConfig(line: number, ...matches: readonly RouteMatch[]): RouteConfig {
  return {
    id: `r${line}`,
    line,
    matches,
    action: { kind: 'respond', status: 200, headers: [], body: '' },
    httpsRedirect: false,
    accessLog: { errors: true, below: 2 ** 32, slowMs: 0 },
    policies: NO_POLICIES,
  };
}
