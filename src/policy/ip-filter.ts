import { GatewayError } from '../exchange/errors.ts';
import { CidrSet } from '../lib/cidr.ts';
import { parseIpAddress } from '../lib/ip-address.ts';
import { policy } from './policy.ts';

/** Lets requests in by the address of their client. One without an address, on a unix socket, is not in any block. */
export const ipFilter = policy({
  name: 'ip',
  isShared: true,
  create({ allow, deny }) {
    const allowed = allow === null ? null : new CidrSet(allow);
    const denied = new CidrSet(deny);
    return {
      onRequest({ clientAddress }) {
        const address = parseIpAddress(clientAddress);
        if (address !== null && denied.has(address)) throw new GatewayError('forbidden_address', `${clientAddress} is in \`deny\``);
        if (allowed !== null && (address === null || !allowed.has(address))) throw new GatewayError('forbidden_address', `${clientAddress} is not in \`allow\``);
      },
    };
  },
});
