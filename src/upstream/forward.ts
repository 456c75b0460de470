import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answerError } from '../respond/answer.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { Forwarding } from './forwarding.ts';
import { hopsOf } from './client-fields.ts';

/** Requests that passed a gateway of ours this often are going round in circles. */
export const HOPS_MAX = 8;

/** Sends the request to an upstream and its answer to the client. Never throws. */
export function forward(exchange: Exchange, plan: ForwardPlan): void {
  exchange.upstream = plan.upstream.name;
  const hops = hopsOf(exchange.head.via);
  if (hops >= HOPS_MAX) {
    answerError(exchange, new GatewayError('loop_detected', `Via names this gateway ${hops} times`));
    return;
  }
  new Forwarding(exchange, plan).start();
}
