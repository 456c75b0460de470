import type { HeaderChanges } from '../config/policies/headers/changes.ts';
import type { HeadersConfig } from '../config/policies/headers.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { AnswerFields } from './headers/answer-fields.ts';
import { helmetHeaders } from './headers/helmet-headers.ts';
import { policy, type RequestPhase } from './policy.ts';

type Header = readonly [name: string, value: string];

const HSTS = 'strict-transport-security';
const CSP = /^content-security-policy/i;
const UPGRADE = 'upgrade-insecure-requests';

/** Headers by which servers tell what they run on. The option `hideSoftware` lists them for the user. */
const SOFTWARE = ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-runtime', 'x-generator', 'x-drupal-dynamic-cache', 'x-varnish'];

/** Security headers on every answer, and what else is set, added and removed in both directions. */
export const headers = policy({
  name: 'headers',
  isShared: true,
  async create(config) {
    const security = await helmetHeaders(config.security);
    const [http, https, local] = [overHttp(security), security, withoutHsts(security)].map((own) => ({ upstreams: fieldsOf(config, own, true), ours: fieldsOf(config, own, false) }));
    if (http === undefined || https === undefined || local === undefined) throw new Error('all of them have been worked out');
    const { request } = config;
    return {
      onAnswer(exchange, head) {
        const fields = exchange.scheme === 'http' ? http : isLocal(exchange.host) ? local : https;
        (head.isUpstreams ? fields.upstreams : fields.ours).apply(head.headers);
      },
      ...(request.set.length + request.add.length > 0 ? { onRequest: saying(request) } : {}),
      withholds: [...request.set.map(([name]) => name), ...request.remove],
    };
  },
});

/** A browser that learned it of `localhost` would refuse every other thing a developer runs there over HTTP, on any port. */
function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

function withoutHsts(security: readonly Header[]): Header[] {
  return security.filter(([name]) => name.toLowerCase() !== HSTS);
}

/**
 * Where no secure transport has been, HSTS must not be said (RFC 6797 §7.2), and what a page loads over HTTP may not
 * be there over HTTPS.
 */
function overHttp(security: readonly Header[]): Header[] {
  return withoutHsts(security).flatMap(([name, value]): Header[] => {
    if (!CSP.test(name)) return [[name, value]];
    const directives = value.split(';').filter((directive) => directive !== UPGRADE);
    return directives.length === 0 ? [] : [[name, directives.join(';')]];
  });
}

/** @param isUpstreams else the answer is ours, and whatever a route or a policy says in it is meant. */
function fieldsOf(config: HeadersConfig, security: readonly Header[], isUpstreams: boolean): AnswerFields {
  const { keepUpstream, hideSoftware, response } = config;
  const isKept = (name: string): boolean => !isUpstreams || keepUpstream === true || keepUpstream.includes(name.toLowerCase());
  const replaced = new Set([...response.set.map(([name]) => name.toLowerCase()), ...response.remove]);
  const left = security.filter(([name]) => !replaced.has(name.toLowerCase()));
  const [kept, ours] = [left.filter(([name]) => isKept(name)), left.filter(([name]) => !isKept(name))];
  // Names alone keep what tells of software; that all security headers stay says nothing of it.
  const software = isUpstreams && hideSoftware ? SOFTWARE.filter((name) => keepUpstream === true || !keepUpstream.includes(name)) : [];
  const hsts = config.security.hsts !== null && !security.some(([name]) => name.toLowerCase() === HSTS) ? [HSTS] : [];
  return new AnswerFields({
    removed: [...replaced, ...software, ...hsts, ...ours.map(([name]) => name.toLowerCase())],
    lacking: kept,
    said: [...ours, ...response.set, ...response.add],
  });
}

function saying({ set, add }: HeaderChanges): RequestPhase {
  const said = [...set, ...add].flat();
  return (exchange: Exchange) => {
    exchange.addedHeaders = exchange.addedHeaders.length === 0 ? said : [...exchange.addedHeaders, ...said];
  };
}
