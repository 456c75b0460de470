import { createAdminServer, type AdminServer } from '../admin/admin-server.ts';
import type { AdminStatus, ReloadResult } from '../admin/services.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/diagnostic.ts';
import { formatDiagnostics } from '../config/diagnostic-format.ts';
import { loadConfig } from '../config/load.ts';
import { cellNames } from '../gateway.ts';
import { CellNames } from '../lib/cell-names.ts';
import type { Clock } from '../lib/clock.ts';
import type { CellIndex } from '../lib/shared-cells.ts';
import type { OpenPort } from '../listen/ports.ts';
import type { LoggerService } from '../observe/logger.ts';
import { loadCertificates } from '../tls/certificates.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { Crew, CELLS_MAX } from './crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from './messages.ts';
import { PinnedPorts } from './pinned-ports.ts';
import { statusOf } from './status.ts';

const RENEWAL_CHECK_MS = 60_000;

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
  readonly #pinned = new PinnedPorts();
  readonly #crew: Crew;
  #current: GenerationPlan;
  #ports: readonly OpenPort[] = [];
  #admin: AdminServer | null = null;
  #state: AdminStatus['status'] = 'starting';
  #reloading: Promise<unknown> = Promise.resolve();
  #stopRenewals: () => void = () => undefined;

  /**
   * Starts with a configuration that was read already, so that no port is touched before it is known to be right.
   * @throws CertificateError, AdminListenError, PortError or Error saying what cannot be started; nothing is left running then.
   */
  static async start(config: Config, options: ControlPlaneOptions): Promise<ControlPlane> {
    const tls = await certificatesOf(config, options);
    const plane = new ControlPlane(config, tls, options);
    try {
      await plane.#openAdmin(config);
      plane.#ports = await plane.#crew.build(plane.#current);
      plane.#pinned.note(config.listen, plane.#ports);
      await plane.#crew.swap(plane.#current.generation, 0);
    } catch (error) {
      await plane.#crew.terminate();
      await plane.#admin?.close();
      throw error;
    }
    plane.#state = 'ready';
    plane.#stopRenewals = options.clock.every(RENEWAL_CHECK_MS, () => void plane.#renewCertificates());
    return plane;
  }

  private constructor(config: Config, tls: TlsMaterial | null, options: ControlPlaneOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
    this.#crew = new Crew({
      count: config.workers,
      clock: options.clock,
      logger: options.logger,
      noColor: (options.env['NO_COLOR'] ?? '') !== '',
      currentPlan: () => (this.#state === 'ready' ? this.#current : null),
      onRetired: (generation) => this.#onRetired(generation),
    });
    this.#cellNames = new CellNames(CELLS_MAX, (column) => this.#crew.cells.clearColumn(column));
    this.#current = this.#plan(1, config, tls);
  }

  get config(): Config {
    return this.#current.config;
  }

  /** Public ports as bound. */
  get ports(): readonly OpenPort[] {
    return this.#ports;
  }

  get admin(): AdminServer | null {
    return this.#admin;
  }

  get tls(): TlsMaterial | null {
    return this.#current.tls;
  }

  status(): AdminStatus {
    const { clock, version } = this.#options;
    return statusOf({
      status: this.#state,
      version,
      uptimeSeconds: (clock.monotonicMs() - this.#startedMs) / 1000,
      nowSeconds: Math.floor(clock.now() / 1000),
      plan: this.#current,
      ports: this.#ports,
      admin: this.#admin?.address ?? null,
      members: this.#crew.members,
      cells: this.#crew.cells,
    });
  }

  /** Reads the file again and swaps generations. One at a time; a second call waits for the first. */
  async reload(): Promise<ReloadResult> {
    const result = this.#reloading.then(async () => this.#reload());
    this.#reloading = result.catch(() => undefined);
    return result;
  }

  /** Ends what is in work in an orderly way, within the drain time-out. @returns how many connections were cut. */
  async stop(): Promise<number> {
    this.#state = 'draining';
    this.#stopRenewals();
    const { drainTimeoutMs } = this.#current.config;
    const cut = await this.#crew.drain(drainTimeoutMs);
    await this.#admin?.close();
    return cut;
  }

  async #reload(): Promise<ReloadResult> {
    const { clock, logger, file, env } = this.#options;
    const startMs = clock.monotonicMs();
    let taken: CellIndex | null = null;
    const generation = this.#current.generation + 1;
    try {
      if (this.#state !== 'ready') return refused('conflict', 'Sluice is shutting down.');
      const { config: read, warnings } = loadConfig(file, { env });
      if (warnings.length > 0) logger.warn(formatDiagnostics(warnings, { color: false }));
      const config = { ...read, listen: this.#pinned.apply(read.listen) };
      if (config.workers !== this.#current.config.workers) return refused('conflict', `workers: ${this.#current.config.workers} → ${config.workers} needs a restart.`);
      const tls = await certificatesOf(config, this.#options);
      const previous = this.#current;
      const plan = this.#plan(generation, config, tls);
      taken = plan.cellIndex;
      const ports = await this.#crew.build(plan);
      await this.#moveAdmin(config);
      this.#current = plan;
      this.#ports = ports;
      await this.#crew.swap(generation, previous.generation);
      this.#ports = ports.filter((port) => this.#pinned.names(config.listen, port));
    } catch (error) {
      if (taken !== null) this.#onRetired(generation);
      return this.#refuseReload(error);
    }
    const ms = Math.round(clock.monotonicMs() - startMs);
    logger.info('configuration reloaded', { generation, ms });
    return { ok: true, generation, ms };
  }

  #refuseReload(error: unknown): ReloadResult {
    const { logger } = this.#options;
    if (error instanceof ConfigError) {
      const diagnostics = error.diagnostics.map((diagnostic) => formatDiagnostics([diagnostic], { color: false }));
      logger.error('reload refused, the old configuration stays', { errors: diagnostics.length, first: diagnostics[0] ?? '' });
      return { ok: false, reason: 'invalid', error: 'The configuration has errors.', diagnostics };
    }
    const message = error instanceof Error ? error.message : String(error);
    logger.error('reload refused, the old configuration stays', { reason: message });
    return refused('conflict', message);
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

  async #openAdmin(config: Config): Promise<void> {
    const { logger, adminToken } = this.#options;
    const address = config.listen.admin;
    if (address === null) return;
    const services = { status: () => this.status(), ready: () => this.#state === 'ready', reload: async () => this.reload() };
    this.#admin = await createAdminServer({ address, services, logger, token: adminToken });
  }

  /** The new address is opened before the old one is closed, so that a wrong one changes nothing. */
  async #moveAdmin(config: Config): Promise<void> {
    const { admin: before } = this.#current.config.listen;
    const { admin: after } = config.listen;
    if (before?.host === after?.host && before?.port === after?.port) return;
    const old = this.#admin;
    this.#admin = null;
    try {
      await this.#openAdmin(config);
    } catch (error) {
      this.#admin = old;
      throw error;
    }
    // Whoever asked for this reload may have asked through the old one, and waits for its answer.
    void old?.close();
  }

  async #renewCertificates(): Promise<void> {
    const { clock, logger } = this.#options;
    const { tls, config } = this.#current;
    if (tls?.renewAtMs === null || tls?.renewAtMs === undefined || clock.now() < tls.renewAtMs) return;
    try {
      const renewed = await certificatesOf(config, this.#options);
      if (renewed === null) return;
      this.#current = { ...this.#current, tls: renewed };
      this.#crew.useCertificates(renewed);
      logger.info('certificates renewed');
    } catch (error) {
      logger.error('certificates cannot be renewed, the old ones stay', { error });
    }
  }
}

async function certificatesOf(config: Config, { clock, logger }: ControlPlaneOptions): Promise<TlsMaterial | null> {
  if (config.listen.https.length === 0) return null;
  const names = [...new Set(config.routes.flatMap(({ matches }) => matches.flatMap(({ host }) => (host === null ? [] : [host]))))];
  return loadCertificates({ tls: config.tls, names, clock, logger });
}

function refused(reason: 'invalid' | 'conflict', error: string): ReloadResult {
  return { ok: false, reason, error, diagnostics: [] };
}
