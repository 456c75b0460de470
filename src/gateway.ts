import type { Config, ForwardAction, RouteConfig } from './config/config.ts';
import { GatewayError } from './exchange/errors.ts';
import type { Exchange, ExchangeOwner } from './exchange/exchange.ts';
import type { MemberSpec } from './balance/member.ts';
import type { RosterGeneration } from './balance/roster.ts';
import { WorkerUpstream } from './balance/worker-upstream.ts';
import type { Clock } from './lib/clock.ts';
import type { Deadlines } from './lib/deadlines.ts';
import type { CellIndex, SharedCells } from './lib/shared-cells.ts';
import type { Slots } from './lib/slots.ts';
import { Pipeline, type RouteHandler } from './policy/pipeline.ts';
import { ClientRules } from './request/client-rules.ts';
import { createHttpsRedirect } from './request/https-redirect.ts';
import { looseReading } from './request/path.ts';
import { createRewrite } from './request/rewrite.ts';
import { RouteTable } from './request/route-table.ts';
import { trustRequest } from './request/trusted-request.ts';
import { TrustedProxies } from './request/trusted-proxies.ts';
import { answer, answerError } from './respond/answer.ts';
import { redirect, redirectHandler, respondHandler } from './respond/fixed.ts';
import { UnreadAnswer } from './respond/unread-answer.ts';
import { forward } from './upstream/forward.ts';
import { phaseLimits } from './upstream/phase.ts';
import type { PoolRegistry } from './upstream/pool-registry.ts';
import type { TunnelHost } from './upstream/tunnel.ts';

/** What a route without a list of methods takes; TRACE and CONNECT are for nobody. */
const METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const NO_BODY = Buffer.alloc(0);

/** What outlives generations in a worker and is lent to each. */
export interface GenerationServices {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly cells: SharedCells;
  readonly slots: Slots;
  /** For sticky cookies; the same in all workers. */
  readonly secret: Buffer;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly pools: PoolRegistry;
  readonly tunnelHost: TunnelHost;
  /** Whether a certificate in use is valid for a host; false without HTTPS. */
  isCertified(host: string): boolean;
}

/** Names of the shared cells a configuration needs; the control plane sets them aside before any worker builds. */
export function cellNames(config: Config): string[] {
  return config.routes.flatMap(({ id }) => [`streams ${id}`, `tunnels ${id}`]);
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
}

/** One configuration at work in one worker: everything a request needs, joined at load. */
export class Generation implements ExchangeOwner {
  readonly number: number;
  readonly proxies: TrustedProxies;
  readonly #config: Config;
  readonly #services: GenerationServices;
  readonly #table: RouteTable<Route>;
  readonly #pipeline: Pipeline;
  readonly #httpsLocation: ((exchange: Exchange) => string) | null;
  readonly #hosts: ReadonlySet<string>;
  readonly #upstreams: ReadonlyMap<string, WorkerUpstream>;
  readonly #clients: ClientRules;
  #inFlight = 0;
  #onIdle: (() => void) | null = null;

  /** @throws Error where something cannot be built; the message says what. */
  static async build({ number, config, cellIndex, roster }: GenerationInput, services: GenerationServices): Promise<Generation> {
    const upstreams = new Map<string, WorkerUpstream>();
    try {
      for (const upstream of config.upstreams) {
        const listed = roster.upstreams[upstream.name];
        if (listed === undefined) throw new Error(`upstream ${upstream.name} is not in the roster`);
        upstreams.set(upstream.name, new WorkerUpstream(upstream, listed.slot, listed.members, services));
      }
      const handlers = config.routes.map((route) => handlerOf(route, config, upstreams, cellIndex, services));
      const pipeline = await Pipeline.create(handlers);
      return new Generation(number, config, services, pipeline, upstreams);
    } catch (error) {
      for (const upstream of upstreams.values()) upstream.retire();
      throw error;
    }
  }

  private constructor(
    number: number, config: Config, services: GenerationServices, pipeline: Pipeline, upstreams: ReadonlyMap<string, WorkerUpstream>,
  ) {
    this.number = number;
    this.proxies = new TrustedProxies(config.trustedProxies);
    this.#config = config;
    this.#services = services;
    this.#pipeline = pipeline;
    this.#upstreams = upstreams;
    this.#table = new RouteTable(config.routes.map((route, index) => ({
      matches: route.matches,
      value: { config: route, index, named: route.matches.every(({ host }) => host !== null) },
    })));
    this.#hosts = new Set(config.routes.flatMap(({ matches }) => matches.map(({ host }) => host)).filter((host) => host !== null));
    this.#clients = new ClientRules(config.tls.clients);
    this.#httpsLocation = config.listen.https.length > 0 ? createHttpsRedirect(config.listen) : null;
  }

  /** The path of a request, top to bottom. Never throws. */
  handle(exchange: Exchange): void {
    this.#inFlight += 1;
    exchange.owner = this;
    try {
      trustRequest(exchange, this.proxies, this.#config.listen.limits);
      if (exchange.secure) this.#clients.check(exchange);
      const route = this.#routeOf(exchange);
      if (route === null) return;
      exchange.routeId = route.config.id;
      exchange.accessLog = route.config.accessLog;
      if (exchange.scheme === 'http' && this.#httpsLocation !== null && route.config.httpsRedirect) {
        this.#toHttps(exchange, route, this.#httpsLocation);
        return;
      }
      // Only now: over plain HTTP a client is first shown the way to where it can prove itself.
      if (!exchange.secure) this.#clients.check(exchange);
      this.#pipeline.run(exchange, route.index);
    } catch (error) {
      const refusesMethod = error instanceof GatewayError && error.code === 'method_not_allowed';
      answerError(exchange, error, refusesMethod ? ['Allow', METHODS] : []);
    }
  }

  /** The addresses behind an upstream's names have changed. */
  useMembers(upstream: string, members: readonly MemberSpec[]): void {
    this.#upstreams.get(upstream)?.useMembers(members);
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
    for (const upstream of this.#upstreams.values()) upstream.retire();
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#pipeline.close();
  }

  #routeOf(exchange: Exchange): Route | null {
    const { method, host, path, query, head } = exchange;
    if (path === '*') {
      answer(exchange, 204, ['Allow', METHODS], NO_BODY);
      return null;
    }
    // TRACE would show a script what headers the proxies in between have added (RFC 9110 §9.3.8).
    const route = method === 'TRACE' ? null : this.#table.find(method, host, path, query, head.rawHeaders);
    if (route !== null) {
      this.#checkReading(exchange, route);
      return route;
    }
    const allowed = this.#table.allowedMethods(host, path, query, head.rawHeaders);
    if (allowed.length > 0) answerError(exchange, new GatewayError('method_not_allowed', method), ['Allow', allowed.join(', ')]);
    else if (method === 'TRACE') answerError(exchange, new GatewayError('method_not_allowed', method), ['Allow', METHODS]);
    else answerError(exchange, new GatewayError('no_route', `no route for ${method} ${host}${path}`));
    return null;
  }

  /** `/admin;x` is `/admin` to some upstreams, and must not get there by the route of everything else. */
  #checkReading({ method, host, path, query, head }: Exchange, route: Route): void {
    const loose = looseReading(path);
    if (loose === path || this.#table.find(method, host, loose, query, head.rawHeaders) === route) return;
    throw new GatewayError('bad_path', 'without parameters, or decoded twice, it belongs to another route');
  }

  /** Only to hosts that are ours: a redirect to whatever Host says would lend our name to anybody. */
  #toHttps(exchange: Exchange, route: Route, location: (exchange: Exchange) => string): void {
    const ours = route.named || this.#hosts.has(exchange.host) || this.#services.isCertified(exchange.host);
    if (ours) redirect(exchange, 308, location(exchange));
    else answerError(exchange, new GatewayError('misdirected', `${exchange.host} is not a host of the configuration`));
  }
}

function handlerOf(
  route: RouteConfig, config: Config, upstreams: ReadonlyMap<string, WorkerUpstream>, index: CellIndex, services: GenerationServices,
): RouteHandler {
  switch (route.action.kind) {
    case 'respond': return respondHandler(route.action);
    case 'redirect': return redirectHandler(route.action);
    case 'forward': return forwardHandler(route, route.action, config, upstreams, index, services);
  }
}

function forwardHandler(
  route: RouteConfig, action: ForwardAction, config: Config, upstreams: ReadonlyMap<string, WorkerUpstream>, index: CellIndex, services: GenerationServices,
): RouteHandler {
  const { cells, clock, deadlines, tunnelHost } = services;
  const upstream = upstreams.get(action.upstream);
  if (upstream === undefined) throw new Error(`route ${route.id}: there is no upstream ${action.upstream}`);
  const { timeouts } = action;
  const plan = {
    upstream: upstream.runtime,
    rewrite: createRewrite(action.rewrite),
    hostHeader: action.hostHeader,
    limits: phaseLimits(config.listen.timeouts, timeouts),
    totalMs: timeouts.totalMs > 0 ? timeouts.totalMs : Infinity,
    streams: cells.counter(index, `streams ${route.id}`),
    streamsMax: action.streamsMax,
    tunnels: cells.counter(index, `tunnels ${route.id}`),
    tunnelsMax: action.tunnelsMax,
    tunnelIdleMs: timeouts.tunnelMs > 0 ? timeouts.tunnelMs : Infinity,
    deadlines,
    clock,
    tunnelHost,
  };
  return (exchange) => forward(exchange, plan);
}
