import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import type { Context } from '../context.ts';
import { type HeaderChanges, joinChanges, resolveChanges } from './headers/changes.ts';
import { resolveCsp } from './headers/csp.ts';
import { resolveHsts } from './headers/hsts.ts';
import { headersSchema } from './headers/options.ts';
import { resolvePermissions } from './headers/permissions.ts';
import { PRESETS, type SecurityHeaders } from './headers/preset.ts';
import { joinMaps } from './merge-layers.ts';
import { policyKind } from './policy-kind.ts';

type RawHeaders = Static<typeof headersSchema>;

/** What is done to the headers of answers and requests. */
export interface HeadersConfig {
  readonly security: SecurityHeaders;
  /** Of what the policy would send: true for all, or names in lower case. What stands here of software stays, too. */
  readonly keepUpstream: true | readonly string[];
  readonly hideSoftware: boolean;
  readonly request: HeaderChanges;
  readonly response: HeaderChanges;
}

const option = Type.Union(
  [
    Type.Enum(['off', 'standard', 'strict', 'api'], { description: 'A preset; `off` leaves all headers alone.' }),
    Type.Boolean({ description: '`true` is what less specific places say, `false` is `off`.', expects: 'true or false' }),
    headersSchema,
  ],
  {
    description: 'Security headers on every answer, and headers that are set, added and removed in both directions. A word alone is the preset; where nothing is said it is `standard`. What `defaults`, sets and the route say is joined header by header: none is lost because another one is said.',
    expects: 'off, a preset (standard, strict or api), or a set of options',
    examples: ['strict', { preset: 'strict', csp: { add: { 'script-src': 'https://cdn.example.com' } } }, { response: { set: { 'Cache-Control': 'no-store' } } }],
  },
);

/** Security headers by preset, and headers that are set, added and removed. */
export const headers = policyKind({
  schema: headersSchema,
  option,
  shorthand: 'preset',
  always: true,
  join(below, above) {
    const joined = joinMaps(below, above);
    for (const direction of ['request', 'response']) {
      const before = below.entries.get(direction);
      const after = above.entries.get(direction);
      if (before !== undefined && after !== undefined) joined.entries.set(direction, { key: after.key, value: joinChanges(before.value, after.value) });
    }
    return joined;
  },
  resolve(raw, place): HeadersConfig | null {
    const security = resolveSecurity(raw, place);
    const request = resolveChanges(raw.request, place.within('request'));
    const response = resolveChanges(raw.response, place.within('response'));
    if (security === null) return null;
    const { keepUpstream = (raw.preset ?? 'standard') === 'standard', hideSoftware = true } = raw;
    return { security, keepUpstream: keepUpstream === true ? true : namesOf(keepUpstream), hideSoftware, request, response };
  },
});

/** Null where something cannot be used, which has been reported. */
function resolveSecurity(raw: RawHeaders, place: Context): SecurityHeaders | null {
  const { preset = 'standard' } = raw;
  const base: SecurityHeaders = PRESETS[preset];
  const csp = resolveCsp(raw.csp, preset, place.within('csp'));
  const hsts = resolveHsts(raw.hsts, preset, place.within('hsts'));
  if (csp === undefined || hsts === undefined) return null;
  return {
    csp,
    hsts,
    frame: chosen(raw.frame, base.frame),
    referrer: raw.referrer === undefined ? base.referrer : raw.referrer === 'off' ? null : [raw.referrer].flat(),
    permissions: resolvePermissions(raw.permissions),
    coop: chosen(raw.coop, base.coop),
    coep: chosen(raw.coep, base.coep),
    corp: chosen(raw.corp, base.corp),
    originAgentCluster: isOn(raw.originAgentCluster, base.originAgentCluster),
    noSniff: isOn(raw.noSniff, base.noSniff),
    dnsPrefetch: chosen(raw.dnsPrefetch, base.dnsPrefetch),
    downloadOptions: isOn(raw.downloadOptions, base.downloadOptions),
    crossDomain: chosen(raw.crossDomain, base.crossDomain),
    xss: isOn(raw.xss, base.xss),
  };
}

function chosen<T extends string>(given: T | 'off' | undefined, base: T | null): T | null {
  if (given === undefined) return base;
  return given === 'off' ? null : given;
}

function isOn(given: boolean | 'off' | undefined, base: boolean): boolean {
  return given === undefined ? base : given === true;
}

function namesOf(given: false | string | readonly string[]): string[] {
  return given === false ? [] : [given].flat().map((name) => name.toLowerCase());
}
