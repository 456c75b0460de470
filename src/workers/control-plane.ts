import { createAdminServer, type AdminServer } from '../admin/admin-server.ts';
import type { AdminStatus, ReloadResult } from '../admin/services.ts';
import type { Config, ListenAddress } from '../config/config.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import { loadConfig } from '../config/load.ts';
import { cellNames } from '../gateway.ts';
import { CellNames } from '../lib/cell-names.ts';
import type { Clock } from '../lib/clock.ts';
import type { CellIndex } from '../lib/shared-cells.ts';
import { portsOf, type OpenPort } from '../listen/ports.ts';
import type { LoggerService } from '../observe/logger.ts';
import { CertificateKeeper } from '../tls/certificate-keeper.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { AdminKeeper } from './admin-keeper.ts';
import { Crew, CELLS_MAX } from './crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from './messages.ts';
import { PinnedPorts } from './pinned-ports.ts';
import { refusal } from './reload-refusal.ts';
import { statusOf } from './status.ts';

interface ControlPlaneOptions {
  /** The configuration file or directory. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly adminToken: string | null;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** The main thread's part of Sluice: everything but traffic. Reads, decides, starts, replaces, reloads and ends. */
export class ControlPlane {
  readonly #options: ControlPlaneOptions;
  readonly #startedMs: number;
  readonly #cellNames: CellNames;
  readonly #cellIndexes = new Map<number, CellIndex>();
  readonly #pinned: PinnedPorts;
  readonly #crew: Crew;
  readonly #admin: AdminKeeper;
  readonly #certificates: CertificateKeeper;
  #current: GenerationPlan;
  #state: AdminStatus['status'] = 'starting';
  /** Settles when nothing changes what is in force. */
  #changing: Promise<unknown> = Promise.resolve();

  /**
   * Starts with a configuration that was read already, so that no port is touched before it is known to be right.
   * @throws CertificateError, AdminListenError, PortError or Error saying what cannot be started; nothing is left running then.
   */
  static async start(config: Config, options: ControlPlaneOptions): Promise<ControlPlane> {
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
      const listen = await pinned.apply(config.listen);
      plane = new ControlPlane({ ...config, listen }, prepared.material, pinned, certificates, options);
      await plane.#admin.moveTo(config.listen.admin);
      await plane.#crew.build(plane.#current);
      await plane.#crew.swap(plane.#current.generation, 0);
    } catch (error) {
      await plane?.terminate();
      await certificates.discard(prepared);
      throw error;
    }
    plane.#state = 'ready';
    // Only now can challenges be answered.
    certificates.adopt(prepared);
    return plane;
  }

  private constructor(config: Config, tls: TlsMaterial | null, pinned: PinnedPorts, certificates: CertificateKeeper, options: ControlPlaneOptions) {
    this.#certificates = certificates;
    this.#options = options;
    this.#pinned = pinned;
    this.#startedMs = options.clock.monotonicMs();
    this.#admin = new AdminKeeper(async (address) => this.#startAdmin(address));
    this.#crew = new Crew({
      count: config.workers,
      clock: options.clock,
      logger: options.logger,
      noColor: (options.env['NO_COLOR'] ?? '') !== '',
      currentPlan: () => (this.#state === 'ready' ? this.#current : null),
      onRetired: (generation) => this.#onRetired(generation),
      onUncertified: (names) => certificates.orderOnDemand(names),
    });
    this.#cellNames = new CellNames(CELLS_MAX, (column) => this.#crew.cells.clearColumn(column));
    this.#current = this.#plan(1, config, tls);
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
    return statusOf({
      status: this.#state,
      version,
      uptimeSeconds: (clock.monotonicMs() - this.#startedMs) / 1000,
      nowSeconds: Math.floor(clock.now() / 1000),
      plan: this.#current,
      ports: this.ports,
      admin: this.admin?.address ?? null,
      members: this.#crew.members,
      cells: this.#crew.cells,
    });
  }

  /** Reads the file again and swaps generations. One at a time; a second call waits for the first. */
  async reload(): Promise<ReloadResult> {
    return this.#alone(async () => this.#reload());
  }

  /** Ends what is in work in an orderly way, within the drain time-out. @returns how many connections were cut. */
  async stop(): Promise<number> {
    this.#state = 'draining';
    await this.#changing;
    await this.#certificates.close();
    const { drainTimeoutMs } = this.#current.config;
    const cut = await this.#crew.drain(drainTimeoutMs);
    await this.#admin.close();
    return cut;
  }

  /** Leaves nothing running of what could not be started. */
  async terminate(): Promise<void> {
    await this.#crew.terminate();
    await this.#admin.close();
  }

  /** Every worker is told of the certificates that are there now, and uses them from its next handshake on. */
  useCertificates(): void {
    void this.#alone(async () => {
      // A reload before this may have brought others.
      const tls = this.#certificates.material;
      if (tls === null || tls === this.#current.tls) return;
      this.#current = { ...this.#current, tls };
      this.#crew.useCertificates(tls);
    });
  }

  /** Reloads and renewals replace what is in force, so each waits for the one before. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changing.then(work);
    this.#changing = result.catch(() => undefined);
    return result;
  }

  async #reload(): Promise<ReloadResult> {
    const { clock, logger } = this.#options;
    const startMs = clock.monotonicMs();
    const previous = this.#current;
    try {
      if (this.#state !== 'ready') throw new Error('Sluice is shutting down.');
      const config = await this.#readAgain();
      await this.#takeOver(config, previous);
    } catch (error) {
      return refusal(error, logger);
    }
    const { generation, config } = this.#current;
    const ms = Math.round(clock.monotonicMs() - startMs);
    logger.setLevel(config.log.level);
    logger.info('configuration reloaded', { generation, ms });
    return { ok: true, generation, ms };
  }

  async #readAgain(): Promise<Config> {
    const { logger, file, env } = this.#options;
    const { config, warnings } = loadConfig(file, { env });
    if (warnings.length > 0) logger.warn(formatDiagnostics(warnings, { color: false }));
    const { workers } = this.#current.config;
    if (config.workers !== workers) throw new Error(`workers: ${workers} → ${config.workers} needs a restart.`);
    return { ...config, listen: await this.#pinned.apply(config.listen) };
  }

  /** Everything that can fail comes first; nothing is left of it where it does. */
  async #takeOver(config: Config, previous: GenerationPlan): Promise<void> {
    const prepared = await this.#certificates.prepare(config);
    const plan = this.#plan(previous.generation + 1, config, prepared.material);
    try {
      await this.#crew.build(plan);
      await this.#admin.moveTo(plan.config.listen.admin);
    } catch (error) {
      this.#crew.discard(plan.generation);
      this.#onRetired(plan.generation);
      await this.#certificates.discard(prepared);
      throw error;
    }
    this.#current = plan;
    await this.#crew.swap(plan.generation, previous.generation);
    this.#certificates.adopt(prepared);
  }

  #plan(generation: number, config: Config, tls: TlsMaterial | null): GenerationPlan {
    const cellIndex = this.#cellNames.take([CONNECTIONS_CELL, ...cellNames(config)]);
    this.#cellIndexes.set(generation, cellIndex);
    return { generation, config, cellIndex, tls };
  }

  #onRetired(generation: number): void {
    const index = this.#cellIndexes.get(generation);
    if (index === undefined) return;
    this.#cellIndexes.delete(generation);
    this.#cellNames.release(index);
  }

  async #startAdmin(address: ListenAddress): Promise<AdminServer> {
    const { logger, adminToken } = this.#options;
    const services = {
      status: () => this.status(),
      ready: () => this.#state === 'ready',
      reload: async () => this.reload(),
      certificates: () => this.certificates(),
      renewCertificate: async (host: string) => this.#certificates.renew(host),
    };
    return createAdminServer({ address, services, logger, token: adminToken });
  }
}
