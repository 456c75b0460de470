import { decided } from '../exchange/decided.ts';
import { GatewayError } from '../exchange/errors.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { policy } from './policy.ts';

const REFUSED = decision('maxBody', 'refused');

/**
 * Refuses a body that says that it is too long before anything of it is asked for. One that does not say is counted on its
 * way to the upstream (upstream/client-body.ts); where nobody reads it, there is nothing to count.
 */
export const maxBody = policy({
  name: 'maxBody',
  isShared: true,
  create({ bytes }) {
    return {
      onRequest(exchange) {
        const { body, head } = exchange;
        if (body !== null && head.contentLength > bytes) {
          decided(exchange, REFUSED);
          throw new GatewayError('body_too_large', `${head.contentLength} bytes, ${bytes} are allowed`);
        }
        exchange.bodyBytesMax = bytes;
      },
    };
  },
});
