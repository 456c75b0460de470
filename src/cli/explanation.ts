import { ClientRules } from '../request/client-rules.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ErrorCode } from '../exchange/errors.ts';
import type { TrialOutcome } from '../gateway/policy-trials.ts';
import type { Rehearsal } from '../gateway/rehearsal.ts';
import { addressText } from '../lib/address-text.ts';
import { maskUrl } from '../observe/secret-mask.ts';
import { escapeControls } from '../observe/safe-text.ts';
import { POLICY_ORDER } from '../policy/order.ts';
import type { AnyPolicy } from '../policy/policy.ts';
import type { AskedRequest, ChosenListener } from './asked-request.ts';
import { type ExplainedAnswer, type ExplainedSent, HeadWords } from './explained-head.ts';
import { type ExplainedRoute, explainRoutes } from './explained-routes.ts';
import { type ExplainedTarget, explainTarget } from './explained-target.ts';
import { type OriginValue, ValueOrigins } from './value-origins.ts';

/** What would become of a request, and why. Plain data; secrets are named or masked. */
export interface Explanation {
  readonly request: { readonly method: string; readonly url: string; readonly client: string };
  readonly listener: { readonly kind: 'http' | 'https'; readonly address: string; readonly from: string; readonly isExact: boolean };
  /** As routing sees it; '' where the request was refused before. */
  readonly host: string;
  readonly path: string;
  readonly clientAddress: string;
  /** Null: it is not refused, as far as is known. */
  readonly refusal: { readonly code: ErrorCode; readonly status: number; readonly reason: string } | null;
  /** Where plain HTTP is sent to HTTPS; null: it is not. */
  readonly httpsLocation: string | null;
  readonly route: ExplainedRoute | null;
  readonly others: readonly ExplainedRoute[];
  readonly moreOthers: number;
  /** In the order in which they see a request. */
  readonly policies: readonly ExplainedPolicy[];
  /** Options of the route beside policies and conditions, of its upstream, and of the listeners. */
  readonly settings: { readonly route: readonly OriginValue[]; readonly upstream: readonly OriginValue[]; readonly listen: readonly OriginValue[] };
  readonly target: ExplainedTarget | null;
  readonly sent: ExplainedSent | null;
  /** Null where not even the head of the request could be read. */
  readonly answer: ExplainedAnswer | null;
}

interface ExplainedPolicy {
  readonly name: string;
  readonly outcome: TrialOutcome;
  readonly values: readonly OriginValue[];
}

/** What routes have beside policies and what they are chosen by. */
const ROUTE_SETTINGS = /^(?:timeouts|streams|tunnels|https|hostHeader|stripPrefix|addPrefix|rewrite|accessLog)(?:[.[]|$)/;
const LISTEN_SETTINGS = /^(?:limits|timeouts)\./;

interface ExplainInput {
  readonly asked: AskedRequest;
  readonly listener: ChosenListener;
  readonly loaded: Pick<LoadedConfig, 'config' | 'root'>;
  readonly rehearsal: Rehearsal;
}

/** Puts in order what a rehearsal has shown. */
export function explanationOf({ asked, listener, loaded, rehearsal }: ExplainInput): Explanation {
  const { config } = loaded;
  const { exchange, sent, upstreamSaid } = rehearsal;
  const origins = new ValueOrigins(loaded);
  const words = new HeadWords(origins.substituted());
  const index = config.routes.findIndex(({ id }) => id === exchange.routeId);
  const routeValues = index === -1 ? [] : origins.ofRoute(index, exchange.routeId);
  const upstream = sent === null ? undefined : config.upstreams.find(({ name }) => name === exchange.upstream);
  const answer = exchange.answerHeaders.length === 0 ? null : words.answer(exchange, sent === null ? null : upstreamSaid);
  const isRead = exchange.host !== '' && exchange.path.startsWith('/') && exchange.errorCode !== 'bad_path';
  const query = asked.target.includes('?') ? asked.target.slice(asked.target.indexOf('?')) : '';
  const routes = isRead ? explainRoutes(config.routes, exchange, query, (at) => origins.placeOf('routes', at) ?? '') : { route: null, others: [], moreOthers: 0 };
  return {
    request: { method: asked.method, url: maskUrl(`${asked.scheme}://${authorityOf(asked)}${asked.target}`), client: asked.client },
    listener: { kind: listener.kind, address: addressText(listener.address), from: listenerPlace(origins, listener), isExact: listener.isExact },
    host: isRead ? exchange.host : '', path: isRead ? exchange.path : '', clientAddress: exchange.clientAddress,
    refusal: exchange.errorCode === '' ? null : { code: exchange.errorCode, status: exchange.status, reason: escapeControls(exchange.errorDetail) },
    httpsLocation: httpsLocation(config, rehearsal, index, answer),
    ...routes,
    policies: index === -1 ? [] : policiesOf(config, index, routeValues, rehearsal),
    settings: {
      route: routeValues.filter(({ path }) => ROUTE_SETTINGS.test(path)),
      upstream: upstream === undefined ? [] : origins.under(`upstreams.${upstream.name}`).filter(({ path }) => !/^(?:targets|balance|timeouts)?(?:[.[]|$)/.test(path)),
      listen: origins.under('listen').filter(({ path }) => LISTEN_SETTINGS.test(path)),
    },
    target: upstream === undefined ? null : explainTarget(upstream, exchange),
    sent: sent === null ? null : words.sent(sent, exchange),
    answer,
  };
}

function authorityOf({ host, port, scheme }: AskedRequest): string {
  return port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}

/** One address stands at the key itself, several below it. */
function listenerPlace(origins: ValueOrigins, { kind, index }: ChosenListener): string {
  return origins.placeOf('listen', kind, index) ?? origins.placeOf('listen', kind) ?? '';
}

function httpsLocation({ listen, routes }: Config, { exchange, sent }: Rehearsal, index: number, answer: ExplainedAnswer | null): string | null {
  const isRedirected = exchange.scheme === 'http' && listen.https.length > 0 && routes[index]?.httpsRedirect === true && exchange.status === 308 && sent === null;
  return isRedirected ? (answer?.headers.find(({ name }) => name === 'Location')?.value ?? null) : null;
}

function policiesOf({ routes, tls }: Config, index: number, values: readonly OriginValue[], { exchange, trials }: Rehearsal): ExplainedPolicy[] {
  const settings = routes[index]?.policies;
  if (settings === undefined) return [];
  const found = POLICY_ORDER.flatMap((definition): ExplainedPolicy[] => {
    const { name }: AnyPolicy = definition;
    if (settings[name] === null) return [];
    return [{ name, outcome: trials.outcomeOf(name), values: valuesOf(name, values) }];
  });
  const isAsked = new ClientRules(tls.clients).ruleOf(exchange.host) !== null;
  const certificate: ExplainedPolicy = { name: 'tls.clients', outcome: exchange.errorCode === 'client_certificate_required' ? 'refused' : 'passed', values: [] };
  const ways: readonly string[] = settings.anyOf?.ways ?? [];
  const before = found.findIndex(({ name }) => ways.includes(name));
  if (before !== -1) found.splice(before, 0, { name: 'anyOf', outcome: outcomeOfAny(found.filter(({ name }) => ways.includes(name))), values: valuesOf('anyOf', values) });
  return [...(isAsked ? [certificate] : []), ...found];
}

/** Of several of which one is enough. */
function outcomeOfAny(ways: readonly ExplainedPolicy[]): TrialOutcome {
  return (['passed', 'assumed', 'refused'] as const).find((outcome) => ways.some((way) => way.outcome === outcome)) ?? 'not reached';
}

function valuesOf(name: string, values: readonly OriginValue[]): OriginValue[] {
  return values.flatMap((value) => {
    const { path } = value;
    if (path !== name && !path.startsWith(`${name}.`) && !path.startsWith(`${name}[`)) return [];
    return [{ ...value, path: path.slice(name.length).replace(/^\./, '') }];
  });
}
