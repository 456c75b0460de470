import { closest } from '../lib/closest.ts';
import { METHODS } from '../lib/node-http.ts';
import { isSecretHeader } from './secret-name.ts';

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REFUSED_METHODS = new Set(['CONNECT', 'TRACE']);

/** Fields that belong to one connection or to the framing (RFC 9110 section 7.6.1); the server writes them itself. */
const CONNECTION_FIELDS = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What requests of every kind have, or what says how they came. */
const CLIENT_FIELDS =
  /^(?:accept|accept-.*|access-control-.*|authorization|cache-control|content-.*|cookie|date|expect|forwarded|http2-settings|if-.*|origin|pragma|proxy-.*|range|referer|sec-.*|user-agent|via|x-forwarded-.*|x-real-ip|x-request-id|x-client-.*)$/i;

/** @throws RangeError where the text is no field name (RFC 9110 section 5.1) */
export function checkHeaderName(name: string): void {
  if (!TOKEN.test(name)) throw new RangeError(`\`${name}\` is not a header name: letters, digits and - make one`);
}

/** @throws RangeError where a route cannot depend on this header */
export function checkMatchedHeaderName(name: string): void {
  checkHeaderName(name);
  if (name.toLowerCase() === 'host') throw new RangeError('the host is not matched here: use the option `host` of the route');
}

/** @throws RangeError where an answer cannot have this header */
export function checkAnswerHeaderName(name: string): void {
  checkHeaderName(name);
  if (CONNECTION_FIELDS.has(name.toLowerCase())) throw new RangeError(`\`${name}\` is set by the gateway itself: leave it out`);
}

/** @throws RangeError where a health check cannot send this header */
export function checkSentHeaderName(name: string): void {
  checkAnswerHeaderName(name);
  if (name.toLowerCase() === 'host') throw new RangeError('the host is not a header here: use the option `host` beside `headers`');
}

/** @throws RangeError where the header is not one that only the gateway could say: it is taken from all clients, on every route */
export function checkIdentityHeaderName(name: string): void {
  checkSentHeaderName(name);
  if (CLIENT_FIELDS.test(name)) throw new RangeError(`\`${name}\` is for clients or for the gateway itself to say: choose a name such as \`X-User\``);
}

/** @throws RangeError where a header may hold a credential, which no log has */
export function checkLoggedHeaderName(name: string): void {
  checkHeaderName(name);
  if (isSecretHeader(name.toLowerCase())) throw new RangeError(`\`${name}\` may hold a credential, which is never written`);
}

/** @throws RangeError where the text could end the field or is not Latin-1 (RFC 9110 section 5.5) */
export function checkHeaderValue(value: string): void {
  if (/[\r\n\0]/.test(value)) throw new RangeError('a header value holds no line break and no NUL character');
  if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) throw new RangeError('a header value holds only printable Latin-1 characters');
}

/** @throws RangeError where the text is no method that can be routed */
export function checkMethod(method: string): void {
  if (REFUSED_METHODS.has(method.toUpperCase())) throw new RangeError(`${method.toUpperCase()} is always refused, so no route can have it`);
  if (METHODS.includes(method)) return;
  const meant = closest(method, METHODS);
  throw new RangeError(`\`${method}\` is not a method${meant === null ? ': GET, POST, PUT, PATCH and DELETE are' : `: did you mean \`${meant}\`?`}`);
}
