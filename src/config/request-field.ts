import { checkAnswerHeaderName } from './header-field.ts';

const OTHERWISE = new Map([
  ['host', 'the host is not a header here: use the option `hostHeader`'],
  ['via', '`Via` is written by the gateway, which knows its requests by it when they come back'],
  ['expect', '`Expect` is between the client and the gateway'],
  ['x-request-id', '`X-Request-Id` is written by the gateway, and the same in its log'],
  ['http2-settings', '`HTTP2-Settings` belongs to one connection'],
  ['proxy-authorization', '`Proxy-Authorization` is for a proxy, and no upstream gets it'],
  ['content-encoding', '`Content-Encoding` says how the body is written, and the body is passed on as it is'],
]);
/** Statements about the client. Applications believe them because only a gateway makes them. */
const ABOUT_THE_CLIENT = /^(?:forwarded|x-forwarded-.+|x-real-ip|x-client-(?:ip|verify|cert-.+))$/;

/** By which some frameworks take a request for one to another path than the gateway has checked. */
const OTHER_PATH = /^x-(?:original|rewrite)-url$/;

/** @throws RangeError where a route may not say this header to its upstream, or keep it back */
export function checkRequestHeaderName(name: string): void {
  // Applications behind CGI and WSGI cannot tell `_` from `-`.
  const plain = name.toLowerCase().replaceAll('_', '-');
  checkAnswerHeaderName(name);
  checkAnswerHeaderName(plain);
  const reason = OTHERWISE.get(plain);
  if (reason !== undefined) throw new RangeError(reason);
  if (OTHER_PATH.test(plain)) throw new RangeError(`\`${name}\` names another path than the one whose policies count; no client's reaches an upstream anyway`);
  if (ABOUT_THE_CLIENT.test(plain)) throw new RangeError(`\`${name}\` says who the client is, which the gateway finds out by itself (see \`trustedProxies\`)`);
}
