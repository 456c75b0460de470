import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { ListenAddress } from '../config/config.ts';
import { ADMIN_TOKEN_VARIABLE, createTokenCheck } from './admin-token.ts';
import { isLoopback, isWildcard } from './loopback.ts';
import { AdminProblem } from './problem.ts';

/** Header that no HTML form can send; `POST` needs it or a JSON content type. */
export const ADMIN_HEADER = 'x-sluice-admin';

/** Refuses a request by throwing AdminProblem. */
type RequestGuard = (request: FastifyRequest) => void;

/**
 * Keeps browsers that were led here by other sites away (DNS rebinding, cross-site request forgery), and
 * callers without the token where there is one. Probes say yes or no and nothing else, so they need no token; nor do
 * the files of the status page, which know nothing, and ask for the token themselves.
 */
export function createRequestGuard(address: ListenAddress, token: string | null): RequestGuard {
  const checkToken = token === null ? null : createTokenCheck(token);
  const allowsHost = hostCheck(address);
  return (request) => {
    const { headers } = request;
    const hasToken = checkToken?.(headers.authorization) ?? false;
    if (isPageFile(request) && (checkToken !== null || allowsHost(headers.host ?? ''))) return;
    // No site can make a browser send the token, so whoever has it may use any name for this server.
    if (!hasToken && !allowsHost(headers.host ?? '')) {
      throw new AdminProblem(403, 'Host not allowed', 'Use localhost, or the address the admin server listens on.');
    }
    if (isCrossSite(request)) {
      throw new AdminProblem(403, 'Origin not allowed', 'The admin server takes no requests from pages of other origins.');
    }
    if (checkToken !== null && !hasToken && !isProbe(request)) {
      throw new AdminProblem(401, 'Token required', `Send the value of ${ADMIN_TOKEN_VARIABLE} as "Authorization: Bearer …".`);
    }
    if (request.method === 'POST' && !isDeliberate(request)) {
      throw new AdminProblem(415, 'Content type not allowed', `Send "Content-Type: application/json" or "${ADMIN_HEADER}: 1".`);
    }
  };
}

/** Rebinding needs a name, so on a wildcard address every literal address is fine and no name but localhost. */
function hostCheck(address: ListenAddress): (host: string) => boolean {
  const configured = address.host.toLowerCase();
  const isEveryAddress = isWildcard(address.host);
  return (header) => {
    const host = hostName(header);
    return isLoopback(host) || host === configured || (isEveryAddress && isIP(host) !== 0);
  };
}

/** Host without port and brackets, lower case; '' where it is not a valid Host (RFC 9110, 7.2). */
function hostName(header: string): string {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::[0-9]{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

function isCrossSite({ headers }: FastifyRequest): boolean {
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) return true;
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** It says yes or no and nothing else. */
export function isProbe({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/liveness' || routeOptions.url === '/readiness';
}

/** The whole of the page is public, and a link to it on another site may be followed: it cannot be framed there. */
function isPageFile({ method, routeOptions: { url = '' } }: FastifyRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && (url === '/' || url.startsWith('/page/'));
}

function isDeliberate({ headers }: FastifyRequest): boolean {
  return headers[ADMIN_HEADER] !== undefined || /^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '');
}
