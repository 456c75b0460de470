import type { CorsConfig } from '../config/policies/cors.ts';
import { addVary, type AnswerHead, headerOf } from '../exchange/answer-head.ts';
import { decided } from '../exchange/decided.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { preflightMethod, wholeValue } from '../exchange/preflight.ts';
import { OriginSet, parseOrigin } from '../lib/origin-set.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { answer } from '../respond/answer.ts';
import { policy } from './policy.ts';

const PREFIX = 'access-control-';
/** Field names and nothing else: what is asked for goes into the answer. */
const FIELD_NAMES = /^[!#$%&'*+.^_`|~\w-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~\w-]+)*$/;
const NO_BODY = Buffer.alloc(0);
const PREFLIGHT = decision('cors', 'preflight');
const PREFLIGHT_REFUSED = decision('cors', 'preflight_refused');
const REFUSED = decision('cors', 'refused');

/**
 * Says which pages of other origins may read what the route answers (Fetch standard, section 3.2). It is no access control
 * for requests: those of other pages pass, but for what browsers do not ask about, unless `enforce` says otherwise.
 */
export const cors = policy({
  name: 'cors',
  isShared: true,
  create(config) {
    const rule = new CorsRule(config);
    return {
      onRequest: (exchange) => rule.admit(exchange),
      onAnswer: (exchange, head) => rule.shape(exchange, head),
    };
  },
});

class CorsRule {
  readonly #config: CorsConfig;
  readonly #origins: OriginSet;
  readonly #maxAge: string;

  constructor(config: CorsConfig) {
    this.#config = config;
    this.#origins = new OriginSet(config.origins);
    this.#maxAge = String(config.maxAgeSeconds);
  }

  /** Answers preflights. @throws GatewayError forbidden_origin */
  admit(exchange: Exchange): void {
    const isPreflight = preflightMethod(exchange) !== '';
    if (isPreflight || this.#config.enforce || exchange.upgrade !== '' || opensPrivateStream(exchange)) {
      const origin = wholeValue(exchange.head.rawHeaders, 'origin');
      if (origin !== '' && !this.#takes(origin) && !isSameOrigin(exchange, origin)) {
        decided(exchange, isPreflight ? PREFLIGHT_REFUSED : REFUSED);
        throw new GatewayError('forbidden_origin', `${origin} is not among the origins of the route`);
      }
    }
    if (!isPreflight) return;
    decided(exchange, PREFLIGHT);
    answer(exchange, 204, [], NO_BODY);
  }

  shape(exchange: Exchange, head: AnswerHead): void {
    // Nobody reads the head of an upgrade.
    if (head.status === 101) return;
    const { headers } = head;
    const { any, keepUpstream } = this.#config;
    const isPreflight = preflightMethod(exchange) !== '';
    if (!any) addVary(headers, 'Origin');
    if (isPreflight) this.#varyPreflight(headers);
    if (head.isUpstreams && keepUpstream && headerOf(headers, 'access-control-allow-origin') !== null) return;
    removeAccessControl(headers);
    const origin = this.#readerOf(exchange, isPreflight);
    if (origin === '') return;
    headers.push('Access-Control-Allow-Origin', origin);
    if (this.#config.credentials) headers.push('Access-Control-Allow-Credentials', 'true');
    if (isPreflight) this.#allow(exchange, headers);
    else if (this.#config.exposeHeaders !== '') headers.push('Access-Control-Expose-Headers', this.#config.exposeHeaders);
  }

  #takes(origin: string): boolean {
    return this.#config.any || this.#origins.has(origin);
  }

  /** Who may read the answer, as the header says it; '' for nobody of another origin. */
  #readerOf(exchange: Exchange, isPreflight: boolean): string {
    if (this.#config.any) return '*';
    const origin = wholeValue(exchange.head.rawHeaders, 'origin');
    const takes = origin !== '' && (this.#origins.has(origin) || (isPreflight && isSameOrigin(exchange, origin)));
    return takes ? origin : '';
  }

  #varyPreflight(headers: string[]): void {
    addVary(headers, 'Access-Control-Request-Method');
    addVary(headers, 'Access-Control-Request-Headers');
    if (this.#config.privateNetwork) addVary(headers, 'Access-Control-Request-Private-Network');
  }

  #allow({ head: { rawHeaders } }: Exchange, headers: string[]): void {
    headers.push('Access-Control-Allow-Methods', this.#config.methods);
    const allowed = this.#config.headers ?? wholeValue(rawHeaders, 'access-control-request-headers');
    if (FIELD_NAMES.test(allowed)) headers.push('Access-Control-Allow-Headers', allowed);
    headers.push('Access-Control-Max-Age', this.#maxAge);
    if (this.#config.privateNetwork && wholeValue(rawHeaders, 'access-control-request-private-network') === 'true') {
      headers.push('Access-Control-Allow-Private-Network', 'true');
    }
  }
}

/** An event stream for somebody who is known by what the browser sends along by itself. */
function opensPrivateStream({ head }: Exchange): boolean {
  return head.accept.includes('text/event-stream') && (head.authorizationCount > 0 || headerOf(head.rawHeaders, 'cookie') !== null);
}

/**
 * A page of this very host and port. One that came by HTTPS may ask by plain HTTP, because browsers do not let it: somebody in
 * front of us has ended the TLS. The other way round, a page that anybody on the network can forge would get in.
 */
function isSameOrigin({ scheme, host, hostPort }: Exchange, origin: string): boolean {
  const from = parseOrigin(origin);
  if (from === null || from.host !== host || (from.scheme !== 'https' && from.scheme !== 'http')) return false;
  if (from.scheme === 'http' && scheme === 'https') return false;
  const standard = from.scheme === 'https' ? 443 : 80;
  return (from.port === '' ? standard : Number(from.port)) === (hostPort ?? standard);
}

function removeAccessControl(headers: string[]): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i]!;
    if (name.length > PREFIX.length && name.slice(0, PREFIX.length).toLowerCase() === PREFIX) headers.splice(i, 2);
  }
}
