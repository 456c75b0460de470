import { configValues, type ConfigValue, type ReadValue } from '../admin/config-values.ts';
import { GenerationHistory, type GenerationRecord, type GenerationVerdict } from '../admin/generation-history.ts';
import type { LimitDesk } from '../admin/limit-desk.ts';
import type { RequestSource } from '../admin/request-source.ts';
import { shownText } from '../admin/shown-value.ts';
import type { AdminServices, AdminStatus, ReloadResult, RouteView } from '../admin/services.ts';
import type { StatusSource } from '../admin/status-source.ts';
import { type DigestQuestion, samePaths } from '../admin/value-digest.ts';
import type { OperatorMode } from '../balance/upstream-members.ts';
import type { Config, RouteConfig } from '../config/config.ts';
import { actionText, matchText } from '../config/route-text.ts';
import { childOf, type Node, nodeAt } from '../config/tree.ts';
import type { Clock } from '../lib/clock.ts';
import type { Level } from '../observe/log-entry.ts';
import type { LoggerService } from '../observe/logger.ts';
import type { Exposition } from '../observe/metrics/exposition.ts';
import type { CertificateKeeper, RenewResult } from '../tls/certificate-keeper.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { Crew } from './crew.ts';
import type { Return } from './guard-keeper.ts';
import { LimitKeeper } from './limit-keeper.ts';
import type { MetricsCollector } from './metrics-collector.ts';
import { RequestFeed } from './request-feed.ts';
import { routeStatus } from './status.ts';

interface DeskOptions {
  readonly clock: Clock;
  readonly logger: Pick<LoggerService, 'info' | 'setLevel'>;
  readonly crew: Pick<Crew, 'members' | 'useLogLevel' | 'limitMemory'>;
  readonly metrics: Pick<MetricsCollector, 'answer'> & { readonly traffic: StatusSource };
  readonly certificates: Pick<CertificateKeeper, 'status' | 'renew'>;
  readonly plane: Pick<AdminServices, 'status' | 'setTarget'> & {
    readonly config: Config;
    reload(): Promise<ReloadResult>;
    verdict(generation: number): Promise<GenerationVerdict>;
  };
  readonly isReady: () => boolean;
  /** What the configuration in force was read from. */
  readonly root: () => Node;
}

/** What the admin server is lent: the control plane, and what is known of it beside that for the operator's sake. */
export class AdminDesk implements AdminServices {
  readonly requests: RequestSource;
  readonly traffic: StatusSource;
  readonly limits: LimitDesk;
  readonly #options: DeskOptions;
  readonly #history = new GenerationHistory();
  #refusal: string | null = null;
  /** Said since the last reload; null: that of the configuration holds. */
  #logLevel: Level | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.traffic = options.metrics.traffic;
    this.limits = new LimitKeeper({ clock: options.clock, memory: options.crew.limitMemory, config: () => options.plane.config });
    this.requests = new RequestFeed({ clock: options.clock, members: () => options.crew.members });
  }

  /** A configuration was taken over, or not. */
  noteReload(result: ReloadResult): void {
    if (!result.ok) {
      this.#refusal = result.error;
      return;
    }
    const { clock, root, plane } = this.#options;
    this.#refusal = null;
    this.#logLevel = null;
    this.#history.add({ ...result, isWatched: result.guardMs > 0 }, clock.now(), { root: root(), routeIds: plane.config.routes.map(({ id }) => id) });
  }

  /** What came of watching a generation. @param back under what number the configuration before is in force again; null: it is not. */
  noteVerdict(generation: number, verdict: GenerationVerdict, back: Return | null): void {
    this.#history.judge(generation, verdict);
    if (back !== null) this.noteReload({ ok: true, ...back, guardMs: 0, warnings: [] });
    if (verdict.outcome === 'rolled_back' || verdict.outcome === 'stuck') this.#refusal = worseText(generation, verdict);
  }

  status(): AdminStatus {
    return this.#options.plane.status();
  }

  ready(): boolean {
    return this.#options.isReady();
  }

  async reload(wait: boolean): Promise<ReloadResult> {
    const { plane } = this.#options;
    const result = await plane.reload();
    if (!wait || !result.ok || result.guardMs === 0) return result;
    const verdict = await plane.verdict(result.generation);
    const { outcome } = verdict;
    if (outcome === 'replaced') return { ...result, warnings: [...result.warnings, `generation ${result.generation} was replaced by another before it could be judged`] };
    return outcome === 'rolled_back' || outcome === 'stuck' ? { ok: false, reason: outcome, error: worseText(result.generation, verdict), diagnostics: [] } : result;
  }

  async metrics(accept: string): Promise<Exposition> {
    return this.#options.metrics.answer(accept);
  }

  certificates(): readonly CertificateStatus[] {
    return this.#options.certificates.status();
  }

  async renewCertificate(host: string): Promise<RenewResult> {
    return this.#options.certificates.renew(host);
  }

  setTarget(upstream: string, target: string, mode: OperatorMode): boolean {
    return this.#options.plane.setTarget(upstream, target, mode);
  }

  routes(): Iterable<RouteView> {
    const { plane, root } = this.#options;
    return viewsOf(plane.config.routes, root());
  }

  configValues(withDefaults: boolean): Iterable<ConfigValue> {
    const { inForce } = this.#history;
    return inForce === null ? [] : shownOf(configValues(inForce.root, inForce.routeIds, withDefaults));
  }

  async sameValues(question: DigestQuestion): Promise<readonly string[]> {
    const { inForce } = this.#history;
    return inForce === null ? [] : samePaths(configValues(inForce.root, inForce.routeIds, false), question);
  }

  generations(): readonly GenerationRecord[] {
    return this.#history.records;
  }

  refusal(): string | null {
    return this.#refusal;
  }

  logLevel(): Level {
    return this.#logLevel ?? this.#options.plane.config.log.level;
  }

  setLogLevel(level: Level): void {
    const { logger, crew } = this.#options;
    // Said while both levels still let it pass, whichever of them is the more talkative.
    if (level !== this.logLevel()) logger.info('the log level was set by the operator', { level });
    this.#logLevel = level;
    logger.setLevel(level);
    crew.useLogLevel(level);
  }
}

function worseText(generation: number, { outcome, reason }: GenerationVerdict): string {
  return `Generation ${generation} ${outcome === 'stuck' ? 'is worse than the one before' : 'was taken back'}: ${reason}.`;
}

function* shownOf(values: Iterable<ReadValue>): Generator<ConfigValue> {
  for (const { path, value, from } of values) yield { path, value, from };
}

function* viewsOf(routes: readonly RouteConfig[], root: Node): Generator<RouteView> {
  for (const [index, route] of routes.entries()) {
    const written = nodeAt(root, ['routes', index]);
    yield {
      ...routeStatus(route),
      matches: route.matches.map((match) => partText(matchText(match), written, ['host', 'path'])),
      does: partText(actionText(route), written, ['redirect']),
      policies: Object.entries(route.policies).flatMap(([name, settings]) => (settings === null ? [] : [name])),
    };
  }
}

/** What a route says under these keys stands in the text. */
function partText(text: string, route: Node, keys: readonly string[]): string {
  const parts = keys.flatMap((key) => childOf(route, key) ?? []);
  return parts.reduce((shown, part) => shownText(shown, part), text);
}
