import type { Decision } from '../observe/metrics/outcome.ts';
import type { Exchange } from './exchange.ts';

/** A policy has decided: told to the metrics of the route, and to the trace of the request. Cheap, never throws. */
export function decided(exchange: Pick<Exchange, 'outcomes' | 'trace'>, decision: Decision): void {
  exchange.outcomes?.count(decision);
  exchange.trace?.note(decision);
}
