import type { Config, RouteConfig } from './config/config.ts';
import { GatewayError } from './exchange/errors.ts';
import type { Exchange, ExchangeOwner } from './exchange/exchange.ts';
import { preflightMethod } from './exchange/preflight.ts';
import { routeHandler } from './gateway/route-handler.ts';
import type { MemberSpec } from './balance/member.ts';
import type { RosterGeneration } from './balance/roster.ts';
import { WorkerUpstream } from './balance/worker-upstream.ts';
import type { CellIndex, SharedCells } from './lib/shared-cells.ts';
import type { Slots } from './lib/slots.ts';
import { ChainBuilder, type ChainServices } from './policy/chain.ts';
import { Pipeline } from './policy/pipeline.ts';
import { openLimits } from './policy/rate-limit/open-limits.ts';
import { RoutePolicies } from './policy/route-policies.ts';
import { ClientRules } from './request/client-rules.ts';
import { createHttpsRedirect } from './request/https-redirect.ts';
import { looseReading } from './request/path.ts';
import { RouteTable } from './request/route-table.ts';
import { trustRequest } from './request/trusted-request.ts';
import { TraceEntry } from './request/trace-entry.ts';
import { TrustedProxies } from './request/trusted-proxies.ts';
import { answer, answerError } from './respond/answer.ts';
import { redirect } from './respond/fixed.ts';
import { UnreadAnswer } from './respond/unread-answer.ts';
import type { PoolRegistry } from './upstream/pool-registry.ts';
import type { TunnelHost } from './upstream/tunnel.ts';

/** What a route without a list of methods takes; TRACE and CONNECT are for nobody. */
const METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const NO_BODY = Buffer.alloc(0);

/** What outlives generations in a worker and is lent to each. */
export interface GenerationServices extends ChainServices {
  readonly cells: SharedCells;
  readonly slots: Slots;
  /** For sticky cookies; the same in all workers. */
  readonly secret: Buffer;
  readonly pools: Pick<PoolRegistry, 'take'>;
  readonly tunnelHost: TunnelHost;
  /** A stop has begun: what is in work may end, and probes are told to send nothing more. */
  isDraining(): boolean;
  /** Whether a certificate in use is valid for a host; false without HTTPS. */
  isCertified(host: string): boolean;
}

/** What a configuration becomes a generation with. */
interface GenerationInput {
  readonly number: number;
  readonly config: Config;
  readonly cellIndex: CellIndex;
  readonly roster: RosterGeneration;
}

interface Route {
  readonly config: RouteConfig;
  readonly index: number;
  /** Some of its matches name a host. */
  readonly named: boolean;
  readonly policies: RoutePolicies;
}

/** What {@link Generation.build} has made of a configuration. */
interface Parts {
  readonly upstreams: ReadonlyMap<string, WorkerUpstream>;
  readonly chains: ChainBuilder;
  readonly releaseLimits: () => void | Promise<void>;
  readonly policies: readonly RoutePolicies[];
  readonly noRoutePolicies: RoutePolicies;
  readonly pipeline: Pipeline;
}

/** One configuration at work in one worker: everything a request needs, joined at load. */
export class Generation implements ExchangeOwner {
  readonly number: number;
  readonly proxies: TrustedProxies;
  readonly #config: Config;
  readonly #services: GenerationServices;
  readonly #table: RouteTable<Route>;
  readonly #parts: Parts;
  readonly #httpsLocation: ((exchange: Exchange) => string) | null;
  readonly #hosts: ReadonlySet<string>;
  readonly #clients: ClientRules;
  readonly #traces: TraceEntry;
  #inFlight = 0;
  #onIdle: (() => void) | null = null;

  /** @throws Error where something cannot be built; the message says what. */
  static async build({ number, config, cellIndex, roster }: GenerationInput, services: GenerationServices): Promise<Generation> {
    const upstreams = new Map<string, WorkerUpstream>();
    const { limits, release: releaseLimits } = await openLimits(config.rateLimits, services);
    const chains = new ChainBuilder({ ...services, limits });
    try {
      for (const upstream of config.upstreams) {
        const listed = roster.upstreams[upstream.name];
        if (listed === undefined) throw new Error(`upstream ${upstream.name} is not in the roster`);
        upstreams.set(upstream.name, new WorkerUpstream(upstream, listed.slot, listed.members, services));
      }
      const made = await Promise.all(config.routes.map(async ({ id, policies }) => chains.chainOf({ id, settings: policies })));
      const noRoute = await chains.chainOf({ id: '', settings: config.noRoutePolicies });
      const identityHeaders = made.flatMap((chain) => chain.identityHeaders);
      const secretParameters = made.flatMap((chain) => chain.secretParameters);
      const handlers = config.routes.map((route) => routeHandler(route, { ...services, config, upstreams, cellIndex }));
      return new Generation(number, config, services, {
        upstreams,
        chains,
        releaseLimits,
        policies: made.map((chain) => new RoutePolicies(chain, identityHeaders, secretParameters)),
        noRoutePolicies: new RoutePolicies({ ...noRoute, secretParameters }, identityHeaders, secretParameters),
        pipeline: await Pipeline.create(handlers.map((handle, index) => ({ phases: made[index]?.requestPhases ?? [], handle }))),
      });
    } catch (error) {
      for (const upstream of upstreams.values()) upstream.retire();
      await chains.close();
      await releaseLimits();
      throw error;
    }
  }

  private constructor(number: number, config: Config, services: GenerationServices, parts: Parts) {
    this.number = number;
    this.proxies = new TrustedProxies(config.trustedProxies);
    this.#config = config;
    this.#services = services;
    this.#parts = parts;
    this.#table = new RouteTable(config.routes.map((route, index) => ({
      matches: route.matches,
      value: { config: route, index, named: route.matches.every(({ host }) => host !== null), policies: parts.policies[index] ?? parts.noRoutePolicies },
    })));
    this.#hosts = new Set(config.routes.flatMap(({ matches }) => matches.map(({ host }) => host)).filter((host) => host !== null));
    this.#clients = new ClientRules(config.tls.clients);
    this.#traces = new TraceEntry(config.traces);
    this.#httpsLocation = config.listen.https.length > 0 ? createHttpsRedirect(config.listen) : null;
  }

  /** The path of a request, top to bottom. Never throws. */
  handle(exchange: Exchange): void {
    this.#inFlight += 1;
    exchange.owner = this;
    // What is refused before its route is known belongs to none.
    this.#parts.noRoutePolicies.begin(exchange);
    try {
      trustRequest(exchange, this.proxies, this.#config.listen.limits, this.#traces);
      if (exchange.secure) this.#clients.check(exchange);
      const route = this.#routeOf(exchange);
      if (route === null) return;
      exchange.routeId = route.config.id;
      exchange.accessLog = route.config.accessLog;
      route.policies.begin(exchange);
      if (exchange.scheme === 'http' && this.#httpsLocation !== null && route.config.httpsRedirect) {
        this.#toHttps(exchange, route, this.#httpsLocation);
        return;
      }
      // Only now: over plain HTTP a client is first shown the way to where it can prove itself.
      if (!exchange.secure) this.#clients.check(exchange);
      route.policies.hideSecrets(exchange);
      this.#parts.pipeline.run(exchange, route.index);
    } catch (error) {
      // Of no route, or not yet of one: what is a secret on any of them is none for the log.
      this.#parts.noRoutePolicies.hideSecrets(exchange);
      const refusesMethod = error instanceof GatewayError && error.code === 'method_not_allowed';
      answerError(exchange, error, refusesMethod ? ['Allow', METHODS] : []);
    }
  }

  /** The addresses behind an upstream's names have changed. */
  useMembers(upstream: string, members: readonly MemberSpec[]): void {
    this.#parts.upstreams.get(upstream)?.useMembers(members);
  }

  /** Adds to how many requests wait, by upstream; those where nobody does are left out. */
  addWaiting(counts: Map<string, number>): void {
    for (const [name, { runtime }] of this.#parts.upstreams) if (runtime.waiting > 0) counts.set(name, (counts.get(name) ?? 0) + runtime.waiting);
  }

  onUnread(exchange: Exchange): void {
    const { sendMs } = this.#config.listen.timeouts;
    if (sendMs > 0) new UnreadAnswer(exchange, this.#services.deadlines, sendMs).watch();
  }

  onExchangeEnd(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Closes when the requests in flight have ended; no new one may come. Idle connections to upstreams go at once. */
  async retire(): Promise<void> {
    for (const upstream of this.#parts.upstreams.values()) upstream.retire();
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#parts.pipeline.close();
    await this.#parts.chains.close();
    await this.#parts.releaseLimits();
  }

  #routeOf(exchange: Exchange): Route | null {
    const { method, host, path, query, head } = exchange;
    if (path === '*') {
      answer(exchange, 204, ['Allow', METHODS], NO_BODY);
      return null;
    }
    // TRACE would show a script what headers the proxies in between have added (RFC 9110 §9.3.8).
    const route = method === 'TRACE' ? null : this.#find(exchange, path);
    if (route !== null) {
      this.#checkReading(exchange, route);
      return route;
    }
    const allowed = this.#table.allowedMethods(host, path, query, head.rawHeaders);
    this.#parts.noRoutePolicies.hideSecrets(exchange);
    if (allowed.length > 0) answerError(exchange, new GatewayError('method_not_allowed', method), ['Allow', allowed.join(', ')]);
    else if (method === 'TRACE') answerError(exchange, new GatewayError('method_not_allowed', method), ['Allow', METHODS]);
    else answerError(exchange, new GatewayError('no_route', `no route for ${method} ${host}${path}`));
    return null;
  }

  /** A preflight comes to the route of the request that it asks for, where that answers preflights. */
  #find(exchange: Exchange, path: string): Route | null {
    const { method, host, query, head } = exchange;
    const asked = preflightMethod(exchange);
    const route = asked === '' ? null : this.#table.find(asked, host, path, query, head.rawHeaders);
    if (route !== null && route.config.policies.cors !== null) return route;
    return this.#table.find(method, host, path, query, head.rawHeaders);
  }

  /** `/admin;x` is `/admin` to some upstreams, and must not get there by the route of everything else. */
  #checkReading(exchange: Exchange, route: Route): void {
    const loose = looseReading(exchange.path);
    if (loose === exchange.path || this.#find(exchange, loose) === route) return;
    throw new GatewayError('bad_path', 'without parameters, or decoded twice, it belongs to another route');
  }

  /** Only to hosts that are ours: a redirect to whatever Host says would lend our name to anybody. */
  #toHttps(exchange: Exchange, route: Route, location: (exchange: Exchange) => string): void {
    const ours = route.named || this.#hosts.has(exchange.host) || this.#services.isCertified(exchange.host);
    const target = ours ? location(exchange) : '';
    route.policies.hideSecrets(exchange);
    if (ours) redirect(exchange, 308, target);
    else answerError(exchange, new GatewayError('misdirected', `${exchange.host} is not a host of the configuration`));
  }
}
