import type { ListenConfig } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/**
 * Where a plain request is sent so that it comes again over TLS. The port: a client that named ours is
 * told ours; one that named none came in by port 80, itself or mapped to ours, and where 80 is
 * mapped, 443 is too. Only where we listen on 80 ourselves is our HTTPS port sure to be the public one.
 */
export function createHttpsRedirect(listen: ListenConfig): (exchange: Exchange) => string {
  const httpsPort = listen.https[0]?.port ?? HTTPS_PORT;
  const listensOn80 = listen.http.some(({ port }) => port === HTTP_PORT);
  const suffix = httpsPort === HTTPS_PORT ? '' : `:${httpsPort}`;
  return ({ host, hostPort, path, query }) => {
    const named = hostPort !== null && hostPort !== HTTP_PORT;
    return `https://${host}${named || listensOn80 ? suffix : ''}${path}${query}`;
  };
}
