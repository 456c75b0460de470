import type { ConfigValue } from '../../src/admin/config-values.ts';
import type { GenerationRecord } from '../../src/admin/generation-history.ts';
import type { LimitDesk, LimitState } from '../../src/admin/limit-desk.ts';
import type { AdminServices, AdminStatus, ReloadResult, RouteView } from '../../src/admin/services.ts';
import type { DigestQuestion } from '../../src/admin/value-digest.ts';
import { AdminProblem } from '../../src/admin/problem.ts';
import type { OperatorMode } from '../../src/balance/upstream-members.ts';
import type { Level, LogFields } from '../../src/observe/log-entry.ts';
import type { RenewResult } from '../../src/tls/certificate-keeper.ts';
import type { CertificateStatus } from '../../src/tls/keeper-status.ts';
import type { Exposition } from '../../src/observe/metrics/exposition.ts';
import type { Logger } from '../../src/observe/logger.ts';
import { SampleRequests } from './sample-requests.ts';
import { SampleTraffic, sampleSnapshot } from './sample-traffic.ts';

export const sampleStatus: AdminStatus = {
  status: 'ready',
  version: '1.2.3',
  generation: 4,
  uptimeSeconds: 60,
  listeners: [{ kind: 'http', address: '127.0.0.1:8080' }],
  workers: [{ id: 1, state: 'ready', generation: 4 }],
  routes: [{ id: 'app.example.com/*', action: 'forward', upstream: 'app' }],
  targets: [{
    upstream: 'app', key: 'app:8000', state: 'up', reason: 'nothing has happened yet', sinceMs: 1_767_225_600_000, lastCheck: null, inFlight: 2, requests: 7, failures: 0, ejections: 0,
  }],
};

export const sampleCertificate: CertificateStatus = {
  names: ['app.example.com'],
  source: 'acme',
  file: null,
  issuer: 'R11',
  notAfter: '2026-04-01T00:00:00.000Z',
  renewal: { at: '2026-03-01T00:00:00.000Z', why: 'two thirds of its lifetime' },
  pendingSince: null,
  lastError: null,
};

/** Services that a test steers by their fields. */
export class SampleServices implements AdminServices {
  isReady = true;
  reloads = 0;
  /** Of them, how many were to wait for the guard. */
  waits = 0;
  result: ReloadResult | Error = { ok: true, generation: 5, ms: 12, guardMs: 0, warnings: [] };
  certificateList: readonly CertificateStatus[] = [sampleCertificate];
  renewal: RenewResult = { outcome: 'renewed', names: ['app.example.com'], notAfter: '2026-04-01T00:00:00.000Z' };
  readonly renewed: string[] = [];
  exposition = 'sluice_ready 1\n';
  readonly requests = new SampleRequests();
  readonly traffic = new SampleTraffic(sampleSnapshot(Date.UTC(2026, 0, 1)));
  readonly limits = new SampleLimits();
  /** `MODE UPSTREAM TARGET`, as they were said. */
  readonly targetsSet: string[] = [];
  routeList: readonly RouteView[] = [];
  values: readonly ConfigValue[] = [];
  same: readonly string[] = [];
  generationList: readonly GenerationRecord[] = [];
  refused: string | null = null;
  level: Level = 'info';

  status(): AdminStatus {
    return sampleStatus;
  }

  ready(): boolean {
    return this.isReady;
  }

  async reload(wait: boolean): Promise<ReloadResult> {
    this.reloads++;
    if (wait) this.waits++;
    if (this.result instanceof Error) throw this.result;
    return this.result;
  }

  certificates(): readonly CertificateStatus[] {
    return this.certificateList;
  }

  async metrics(accept: string): Promise<Exposition> {
    return { contentType: accept.includes('openmetrics') ? 'application/openmetrics-text' : 'text/plain', body: this.exposition };
  }

  async renewCertificate(host: string): Promise<RenewResult> {
    this.renewed.push(host);
    return this.renewal;
  }

  setTarget(upstream: string, target: string, mode: OperatorMode): boolean {
    this.targetsSet.push(`${mode} ${upstream} ${target}`);
    return sampleStatus.targets.some((known) => known.upstream === upstream && known.key === target);
  }

  routes(): readonly RouteView[] {
    return this.routeList;
  }

  configValues(withDefaults: boolean): Iterable<ConfigValue> {
    return withDefaults ? this.values : this.values.filter(({ from }) => from !== 'default');
  }

  async sameValues({ values }: DigestQuestion): Promise<readonly string[]> {
    return values.map(({ path }) => path).filter((path) => this.same.includes(path));
  }

  generations(): readonly GenerationRecord[] {
    return this.generationList;
  }

  refusal(): string | null {
    return this.refused;
  }

  logLevel(): Level {
    return this.level;
  }

  setLogLevel(level: Level): void {
    this.level = level;
  }
}

class SampleLimits implements LimitDesk {
  readonly states = new Map<string, readonly LimitState[]>();
  isReachable = true;

  async find(key: string): Promise<readonly LimitState[]> {
    this.#check();
    return this.states.get(key) ?? [];
  }

  async clear(key: string): Promise<number> {
    this.#check();
    const found = this.states.get(key)?.length ?? 0;
    this.states.delete(key);
    return found;
  }

  #check(): void {
    if (!this.isReachable) throw new AdminProblem(503, 'Limits cannot be reached', 'redis at redis:6379 is not connected.');
  }
}

/** A logger that keeps what it was told. */
export class MemoryLogger implements Logger {
  readonly isDebug = true;
  readonly entries: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];

  error(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'error', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'warn', message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'info', message, fields });
  }

  debug(message: string, fields: LogFields = {}): void {
    this.entries.push({ level: 'debug', message, fields });
  }
}
