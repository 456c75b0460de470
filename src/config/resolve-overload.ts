import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import type { BreakerConfig, MemberLimitConfig, UpstreamConfig } from './upstream-config.ts';
import type { Context } from './context.ts';
import { reportIdle } from './idle-option.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';
import { breakerSchema, limitSchema, overloadOptionsSchema } from './schema/overload.ts';

/** What protects targets from too much, from options that must be valid. Reports those without effect. */
export function resolveOverload(full: FullUpstream, context: Context): Pick<UpstreamConfig, 'breaker' | 'limit'> {
  const { breaker, limit } = withDefaults(overloadOptionsSchema, full);
  return {
    breaker: breaker === 'off' ? null : breakerOf(breaker, context),
    limit: limit === 'off' ? null : limitOf(limit, context.within('limit')),
  };
}

function breakerOf(raw: Exclude<FullUpstream['breaker'], 'off' | undefined>, context: Context): BreakerConfig {
  const { errors, slow, slowAfter, window, requests, open, probes, upstream } = withDefaults(breakerSchema, raw);
  const errorShare = parsePercent(errors);
  const slowShare = parsePercent(slow);
  if (errorShare === 0 && slowShare === 0) {
    context.report.error(context.key('breaker'), 'nothing opens this breaker: `errors` and `slow` are both 0%', 'Raise one of them, or write `breaker: off`.');
  } else if (slowShare === 0) {
    reportIdle(raw, ['slowAfter'], 'with `slow: 0%`', 'Remove it, or raise `slow`.', context.within('breaker'));
  }
  return {
    errorShare,
    slowShare,
    slowMs: parseDuration(slowAfter),
    windowMs: parseDuration(window),
    requestsMin: requests,
    openMs: parseDuration(open),
    probes,
    upstream,
  };
}

function limitOf(raw: Exclude<FullUpstream['limit'], 'off' | undefined>, context: Context): MemberLimitConfig {
  const { requests, queue, wait } = withDefaults(limitSchema, raw);
  if (queue === 0) reportIdle(raw, ['wait'], 'with `queue: 0`', 'Remove it, or raise `queue`.', context);
  return { requestsMax: requests, queueMax: queue, waitMs: parseDuration(wait) };
}
