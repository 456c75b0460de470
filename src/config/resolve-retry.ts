import { parseBytes } from '../lib/bytes.ts';
import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import type { RetryConfig, UpstreamConfig } from './upstream-config.ts';
import { type Context, listed } from './context.ts';
import { parseHedgeDelay } from './hedge-delay.ts';
import { reportIdle } from './idle-option.ts';
import { joinRetryConditions } from './retry-condition.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';
import { hedgeSchema, retryOptionsSchema, retrySchema } from './schema/retry.ts';

/** What becomes of requests that fail, find nobody or take long, from options that must be valid. Reports those without effect. */
export function resolveRetry(full: FullUpstream, context: Context): Pick<UpstreamConfig, 'retry' | 'hold' | 'hedge'> {
  const { hold, holdMax, hedge } = withDefaults(retryOptionsSchema, full);
  const retry = retryOf(full.retry ?? {}, context);
  if (hold === 'off') reportIdle(full, ['holdMax'], 'without `hold`', 'Add `hold: 5s`, or remove it.', context);
  if (hedge !== 'off' && retry.attempts === 0) {
    context.report.error(context.key('hedge'), '`hedge` needs `retry.attempts` above 0', 'The second request is a further attempt. Raise `attempts`, or remove `hedge`.');
  }
  return {
    retry,
    hold: { waitMs: parseDuration(hold), queueMax: holdMax },
    hedge: hedge === 'off' ? null : parseHedgeDelay(withDefaults(hedgeSchema, hedge).after),
  };
}

function retryOf(raw: NonNullable<FullUpstream['retry']>, context: Context): RetryConfig {
  const { attempts, on, budget, body } = withDefaults(retrySchema, raw);
  if (attempts === 0) reportIdle(raw, ['on', 'budget', 'body'], 'with `attempts: 0`', 'Remove it, or raise `attempts`.', context.within('retry'));
  return {
    attempts,
    ...joinRetryConditions(listed(on).map(({ item }) => item)),
    budgetShare: parsePercent(budget),
    bodyBytesMax: body === 'off' ? 0 : parseBytes(body),
  };
}
