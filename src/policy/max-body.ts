import { GatewayError } from '../exchange/errors.ts';
import { policy } from './policy.ts';

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
        if (body !== null && head.contentLength > bytes) throw new GatewayError('body_too_large', `${head.contentLength} bytes, ${bytes} are allowed`);
        exchange.bodyBytesMax = bytes;
      },
    };
  },
});
