import { decided } from '../exchange/decided.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { policy } from './policy.ts';
import { needsIdentity, requestKeyOf } from './request-key.ts';

const REFUSED = decision('maxInFlight', 'refused');

/**
 * Bounds requests in work at the same time, by key. What is taken is given back when the exchange ends, however it does, which
 * for a WebSocket and an event stream is when they do. Nothing waits here.
 */
export const maxInFlight = policy({
  name: 'maxInFlight',
  isShared: false,
  create({ requestsMax, longLivedMax, key, zone, status }, { id }, { inFlight }) {
    const keyOf = requestKeyOf(key, zone ?? id);
    const scope = scopeOf(key.of, zone, id);
    const code = status === 503 ? 'overloaded' : 'too_many_in_flight';
    const take = (exchange: Exchange): void => {
      const isApart = longLivedMax !== null && isLongLived(exchange);
      const max = isApart ? longLivedMax : requestsMax;
      if (max === null) return;
      const own = keyOf(exchange);
      const place = inFlight.take(`${isApart ? 'long' : 'short'} ${scope} ${own}`, max);
      if (place === 0) {
        decided(exchange, REFUSED);
        throw new GatewayError(code, `${own} has ${max} ${isApart ? 'long-lived requests' : 'requests'} in work`);
      }
      exchange.whenEnded(() => inFlight.giveBack(place));
    };
    return needsIdentity(key) ? { onAdmitted: take } : { onRequest: take };
  },
});

/** Of a scope that two routes share, all keys are the same; no name of a route, which may be any, is taken for one of a zone. */
function scopeOf(of: string, zone: string | null, routeId: string): string {
  if (zone !== null) return `zone ${zone}`;
  return of === 'global' ? 'global' : `route ${routeId}`;
}

/** Only the answer says for certain that it is an event stream; but then it would have to be thrown away. */
function isLongLived({ upgrade, head }: Exchange): boolean {
  return upgrade !== '' || head.accept.includes('text/event-stream');
}
