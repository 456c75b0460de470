import { randomBytes } from 'node:crypto';
import type { AdminServer } from '../admin/admin-server.ts';
import type { GenerationVerdict } from '../admin/generation-history.ts';
import type { AdminStatus, ReloadResult } from '../admin/services.ts';
import type { Config } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { Fleet } from '../balance/fleet.ts';
import type { OperatorMode } from '../balance/upstream-members.ts';
import { CellNames } from '../lib/cell-names.ts';
import { latePart } from '../lib/late-part.ts';
import { OneAtATime } from '../lib/one-at-a-time.ts';
import { createSlotMemory } from '../lib/slots.ts';
import { portsOf, type OpenPort } from '../listen/ports.ts';
import { CertificateKeeper } from '../tls/certificate-keeper.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { AdminDesk } from './admin-desk.ts';
import { AdminKeeper } from './admin-keeper.ts';
import type { ControlPlaneOptions } from './control-plane-options.ts';
import { Crew, CELLS_MAX } from './crew.ts';
import type { GenerationPlan } from './messages.ts';
import { MetricsCollector } from './metrics-collector.ts';
import { PinnedPorts } from './pinned-ports.ts';
import { PlanLedger } from './plan-ledger.ts';
import { Readiness } from './readiness.ts';
import { closeStrays, shareSockets } from './shared-sockets.ts';
import { Reloader } from './reloader.ts';
import { statusOf } from './status.ts';

/** The main thread's part of Sluice: everything but traffic. Reads, decides, starts, replaces, reloads and ends. */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #startedMs: number;
  readonly #fleet: Fleet;
  readonly #plans: PlanLedger;
  readonly #crew: Crew;
  readonly #admin: AdminKeeper;
  readonly #certificates: CertificateKeeper;
  readonly #metrics: MetricsCollector;
  readonly #desk: AdminDesk;
  readonly #reloader: Reloader;
  readonly #readiness: Readiness;
  readonly #secret: Uint8Array;
  #current: GenerationPlan;
  /** What the current configuration was read from. */
  #root: LoadedConfig['root'];
  #state: AdminStatus['status'] = 'starting';
  /** Reloads and renewals replace what is in force, so each waits for the one before. */
  readonly #changes = new OneAtATime();

  /**
   * Starts with a configuration that was read already, so that no port is touched before it is known to be right.
   * @throws CertificateError, AdminListenError, PortError or Error saying what cannot be started; nothing is left running then.
   */
  static async start({ config, root, found }: Pick<LoadedConfig, 'config' | 'found' | 'root'>, options: ControlPlaneOptions): Promise<ControlPlane> {
    const { clock, logger } = options;
    const certificates = new CertificateKeeper({
      clock, logger,
      random: () => Math.random(),
      onMaterial: () => plane?.useCertificates(),
      onAnswers: async (answers) => (plane === null ? undefined : plane.#crew.useChallenges(answers)),
    });
    let plane: ControlPlane | null = null;
    const prepared = await certificates.prepare(config);
    try {
      const pinned = new PinnedPorts();
      const listen = await pinned.apply(config.listen, options.inherited.map(({ address }) => address));
      plane = new ControlPlane({ ...config, listen }, root, prepared.material, pinned, certificates, options);
      await plane.#admin.moveTo(config.listen.admin);
      plane.#current = await plane.#plans.make(1, plane.#current.config, prepared.material);
      await plane.#crew.build(plane.#plans.latest(plane.#current));
      plane.#fleet.adopt(plane.#current.roster);
      await plane.#crew.swap(plane.#current.generation, 0);
    } catch (error) {
      await plane?.terminate();
      await certificates.discard(prepared);
      throw error;
    }
    plane.#state = 'ready';
    plane.#desk.noteReload({ ok: true, generation: 1, ms: Math.round(clock.monotonicMs() - plane.#startedMs), guardMs: 0, warnings: [] });
    // Only now can challenges be answered.
    certificates.adopt(prepared);
    plane.#reloader.begin(root);
    plane.#reloader.watch(found);
    return plane;
  }

  private constructor(config: Config, root: LoadedConfig['root'], tls: TlsMaterial | null, pinned: PinnedPorts, certificates: CertificateKeeper, options: ControlPlaneOptions) {
    this.#root = root;
    this.#certificates = certificates;
    this.#options = options;
    const { clock, logger } = options;
    this.#startedMs = clock.monotonicMs();
    this.#secret = options.secret ?? randomBytes(32);
    const shared = shareSockets(options.inherited, config.listen, config.workers);
    this.#admin = new AdminKeeper(async (address, descriptor) => {
      const { createAdminServer } = await latePart(async () => import('../admin/admin-server.ts'));
      return createAdminServer({ address, services: this.#desk, logger, token: options.adminToken, descriptor });
    }, shared.admin);
    closeStrays(shared.strays, logger);
    const slots = createSlotMemory(config.workers, clock.now());
    this.#fleet = new Fleet({
      memory: slots, clock, logger,
      onMembers: (rosterId, upstream, members) => {
        for (const generation of this.#plans.generationsOf(rosterId)) this.#crew.useMembers(generation, upstream, members);
      },
    });
    this.#crew = new Crew({
      count: config.workers, clock, logger, noColor: (options.env['NO_COLOR'] ?? '') !== '',
      slots, shares: shared.workers, limitKeys: config.rateLimits.keysMax, secret: this.#secret,
      currentPlan: () => (this.#state === 'ready' ? this.#plans.latest(this.#current) : null),
      onRetired: (generation) => this.#plans.release(generation),
      onUncertified: (names) => certificates.orderOnDemand(names),
    });
    this.#plans = new PlanLedger(new CellNames(CELLS_MAX, (column) => this.#crew.cells.clearColumn(column)), this.#fleet);
    this.#readiness = new Readiness({ clock, isServing: () => this.#state === 'ready', fleet: this.#fleet, certificates });
    const isReady = (): boolean => this.#readiness.isReady;
    this.#metrics = new MetricsCollector({
      clock, version: options.version, crew: this.#crew, fleet: this.#fleet, plan: () => this.#current, isReady, certificates: () => certificates.status(),
    });
    this.#desk = new AdminDesk({
      clock, logger, crew: this.#crew, metrics: this.#metrics, certificates, plane: this, isReady, root: () => this.#root,
    });
    this.#reloader = new Reloader({
      ...options, changes: this.#changes, pinned,
      parts: { certificates, plans: this.#plans, crew: this.#crew, admin: this.#admin, fleet: this.#fleet },
      current: () => this.#current,
      isServing: () => this.#state === 'ready',
      members: () => this.#crew.members,
      onVerdict: (generation, verdict, back) => {
        this.#metrics.noteVerdict(verdict);
        this.#desk.noteVerdict(generation, verdict, back);
      },
      onReady: (plan, readFrom) => {
        this.#current = plan;
        this.#root = readFrom;
      },
      onResult: (result) => {
        this.#metrics.noteReload(result);
        this.#desk.noteReload(result);
      },
    });
    this.#current = { generation: 0, config, cellIndex: {}, roster: { id: 0, upstreams: {} }, tls };
  }

  get config(): Config {
    return this.#current.config;
  }

  /** Public ports, port 0 as what it has become. */
  get ports(): readonly OpenPort[] {
    return portsOf(this.#current.config.listen);
  }

  get admin(): AdminServer | null {
    return this.#admin.server;
  }

  get tls(): TlsMaterial | null {
    return this.#current.tls;
  }

  certificates(): readonly CertificateStatus[] {
    return this.#certificates.status();
  }

  status(): AdminStatus {
    const { clock, version } = this.#options;
    const uptimeSeconds = (clock.monotonicMs() - this.#startedMs) / 1000;
    return statusOf({
      status: this.#state, version, uptimeSeconds, plan: this.#current, ports: this.ports, admin: this.admin?.address ?? null,
      members: this.#crew.members, targets: this.#fleet.status(),
    });
  }

  /**
   * Takes a target, or one of its addresses, out of service or back, until the next start. `drain` lets those
   * finish who are bound to it by a sticky cookie or a WebSocket. @returns false where there is none of that name.
   */
  setTarget(upstream: string, target: string, mode: OperatorMode): boolean {
    return this.#fleet.setMode(upstream, target, mode);
  }

  /** What the guard says of a generation in the end. Never rejects. */
  async verdict(generation: number): Promise<GenerationVerdict> {
    return this.#reloader.verdict(generation);
  }

  /** Reads the file again and swaps generations. One at a time; a second call waits for the first. */
  async reload(): Promise<ReloadResult> {
    return this.#reloader.reload();
  }

  /** Resolves when traffic may be sent here. */
  async ready(): Promise<void> {
    await this.#readiness.arrival();
  }

  /**
   * Leaves its sockets to another process, which goes on with them; stop() is to follow.
   * @param start starts it, and resolves when it takes requests. @throws what `start` throws: this process goes on then.
   */
  async handOver<T>(start: (descriptors: readonly number[], secret: Uint8Array) => Promise<T>): Promise<T> {
    return this.#changes.run(async () => {
      const admin = this.admin?.descriptor ?? null;
      const started = await start([...await this.#crew.descriptors(), ...(admin === null ? [] : [admin])], this.#secret);
      this.#state = 'draining';
      await this.#admin.moveTo(null);
      return started;
    });
  }

  /** Ends what is in work in an orderly way, within the drain time-out. @returns how many connections were cut. */
  async stop(): Promise<number> {
    this.#state = 'draining';
    this.#reloader.close();
    await this.#changes.idle;
    await this.#certificates.close();
    const cut = await this.#crew.drain(this.#current.config.drainTimeoutMs);
    this.#fleet.close();
    this.#metrics.close();
    await this.#admin.close();
    return cut;
  }

  /** Leaves nothing running of what could not be started. */
  async terminate(): Promise<void> {
    this.#fleet.close();
    this.#metrics.close();
    await this.#crew.terminate();
    await this.#admin.close();
  }

  reopenLogs(): void {
    this.#crew.reopenLogs();
  }

  /** Every worker is told of the certificates that are there now, and uses them from its next handshake on. */
  useCertificates(): void {
    void this.#changes.run(async () => {
      // A reload before this may have brought others.
      const tls = this.#certificates.material;
      if (tls === null || tls === this.#current.tls) return;
      this.#current = { ...this.#current, tls };
      this.#crew.useCertificates(tls);
    });
  }
}
