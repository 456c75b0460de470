import { Reason } from '../lib/slots.ts';

const WORDS: ReadonlyMap<number, string> = new Map([
  [Reason.None, 'nothing has happened yet'],
  [Reason.CheckFailed, 'its check failed'],
  [Reason.CheckPassed, 'it answers again'],
  [Reason.FailuresInRow, 'too many failures in a row'],
  [Reason.ConnectFailed, 'connections to it failed'],
  [Reason.ErrorRate, 'too many calls failed'],
  [Reason.SlowCalls, 'too many calls were slow'],
  [Reason.TimeServed, 'its time was over'],
  [Reason.ProbesPassed, 'all probes were good'],
  [Reason.ProbeFailed, 'a probe failed'],
  [Reason.Operator, 'set by the operator'],
]);

/** Why a state changed, in words for logs and status. @param reason one of {@link Reason}. */
export function reasonWords(reason: number): string {
  return WORDS.get(reason) ?? `reason ${reason}`;
}
