import { parseDuration } from '../lib/duration.ts';
import type { HedgeConfig } from './upstream-config.ts';

/**
 * Reads when a second request is sent: after a duration, or after a percentile of the latency such as `p95` or `p99.9`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseHedgeDelay(text: string): HedgeConfig {
  if (!text.startsWith('p')) {
    if (text === 'off') throw new RangeError('`off` is not possible here: leave `hedge` out');
    return { afterMs: parseDuration(text), percentile: 0 };
  }
  const percent = Number(/^p([0-9]{1,2}(?:\.[0-9]{1,2})?)$/.exec(text)?.[1] ?? 0);
  if (percent < 50) throw new RangeError(`\`${text}\` is not a percentile from p50 to p99.99: write p95, or a duration such as 200ms`);
  return { afterMs: null, percentile: Math.round(percent * 100) / 10_000 };
}
