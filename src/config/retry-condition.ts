import type { RetryConfig } from './upstream-config.ts';

/** What `5xx` stands for: answers of a server that is broken or busy. 501 and 505 would be the same everywhere. */
const SERVER_FAULTS = [500, 502, 503, 504];

type RetryConditions = Pick<RetryConfig, 'onConnect' | 'onReset' | 'onTimeout' | 'statuses'>;

/**
 * Checks one condition of `retry.on`: `connect`, `reset`, `timeout`, `5xx` or a status from 400 to 599.
 *
 * @throws RangeError with a sentence for the user
 */
export function checkRetryCondition(text: string): void {
  if (text === 'connect' || text === 'reset' || text === 'timeout' || text === '5xx') return;
  if (/^[45][0-9]{2}$/.test(text)) return;
  throw new RangeError(`\`${text}\` is nothing to retry on: write connect, reset, timeout, 5xx or a status from 400 to 599`);
}

/** Joins conditions that are valid, as words or numbers. */
export function joinRetryConditions(conditions: readonly (string | number)[]): RetryConditions {
  const given = new Set(conditions.map(String));
  const statuses = [...given].flatMap((condition) => (condition === '5xx' ? SERVER_FAULTS : /^[0-9]+$/.test(condition) ? [Number(condition)] : []));
  return {
    onConnect: given.has('connect'),
    onReset: given.has('reset'),
    onTimeout: given.has('timeout'),
    statuses: [...new Set(statuses)].toSorted((a, b) => a - b),
  };
}
