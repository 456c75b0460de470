import { decided } from '../exchange/decided.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { CidrSet } from '../lib/cidr.ts';
import { parseIpAddress } from '../lib/ip-address.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { policy } from './policy.ts';

const REFUSED = decision('ip', 'refused');

/** Lets requests in by the address of their client. One without an address, on a unix socket, is not in any block. */
export const ipFilter = policy({
  name: 'ip',
  isShared: true,
  create({ allow, deny }) {
    const allowed = allow === null ? null : new CidrSet(allow);
    const denied = new CidrSet(deny);
    return {
      onRequest(exchange) {
        const address = parseIpAddress(exchange.clientAddress);
        if (address !== null && denied.has(address)) refuse(exchange, 'is in `deny`');
        if (allowed !== null && (address === null || !allowed.has(address))) refuse(exchange, 'is not in `allow`');
      },
    };
  },
});

function refuse(exchange: Exchange, reason: string): never {
  decided(exchange, REFUSED);
  throw new GatewayError('forbidden_address', `${exchange.clientAddress} ${reason}`);
}
