import type { MemberStatus } from '../balance/member-status.ts';
import type { OperatorMode } from '../balance/upstream-members.ts';
import type { Level } from '../observe/log-entry.ts';
import type { Exposition } from '../observe/metrics/exposition.ts';
import type { RenewResult } from '../tls/certificate-keeper.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { ConfigValue } from './config-values.ts';
import type { GenerationRecord } from './generation-history.ts';
import type { LimitDesk } from './limit-desk.ts';
import type { RequestSource } from './request-source.ts';
import type { StatusSource } from './status-source.ts';
import type { DigestQuestion } from './value-digest.ts';

/** What the admin server asks of the rest of Sluice. All answers are plain data, ready for JSON. */
export interface AdminServices {
  status(): AdminStatus;
  /** True while the public listeners take requests: false before the first generation and while draining. */
  ready(): boolean;
  /**
   * Reads the configuration again and swaps generations. Rejects only on a bug; what can go wrong is in the result.
   * @param wait for what the guard says of the new generation.
   */
  reload(wait: boolean): Promise<ReloadResult>;
  /** Every metric, in the format that the Accept header of the request asks for. Resolves within a second. */
  metrics(accept: string): Promise<Exposition>;
  /** Every certificate there is, or is to come. */
  certificates(): readonly CertificateStatus[];
  /** Orders a certificate for a host by ACME, due or not, and waits for it for less than a minute. Never rejects. */
  renewCertificate(host: string): Promise<RenewResult>;
  /** Takes a target, or one of its addresses, out of service or back. @returns false where there is none of that name. */
  setTarget(upstream: string, target: string, mode: OperatorMode): boolean;
  /** Routes in full, in the order of the file; made as they are asked for, of the configuration that is in force at the call. */
  routes(): Iterable<RouteView>;
  /** The same of its values. */
  configValues(withDefaults: boolean): Iterable<ConfigValue>;
  /** Paths of the values of the configuration in force that have these digests. */
  sameValues(question: DigestQuestion): Promise<readonly string[]>;
  /** The last generations, the youngest first. */
  generations(): readonly GenerationRecord[];
  /** Why the last reload was refused or taken back; null: it was not. */
  refusal(): string | null;
  logLevel(): Level;
  /** In all threads, until the next reload. */
  setLogLevel(level: Level): void;
  readonly requests: RequestSource;
  readonly traffic: StatusSource;
  readonly limits: LimitDesk;
}

export interface AdminStatus {
  readonly status: 'starting' | 'ready' | 'draining';
  readonly version: string;
  /** Counts from 1, up with every reload that succeeded. 0: none is running yet. */
  readonly generation: number;
  /** Seconds since the process started. */
  readonly uptimeSeconds: number;
  readonly listeners: readonly ListenerStatus[];
  readonly workers: readonly WorkerStatus[];
  readonly routes: readonly RouteStatus[];
  readonly targets: readonly TargetStatus[];
}

export interface ListenerStatus {
  readonly kind: 'http' | 'https' | 'admin';
  /** `127.0.0.1:9090`, `[::]:443`. */
  readonly address: string;
}

interface WorkerStatus {
  readonly id: number;
  readonly state: 'starting' | 'ready' | 'draining' | 'down';
  readonly generation: number;
}

export interface RouteStatus {
  readonly id: string;
  readonly action: 'forward' | 'respond' | 'redirect' | 'health';
  /** Null where the route forwards nothing. */
  readonly upstream: string | null;
}

export interface RouteView extends RouteStatus {
  /** Methods, host and path, as the file has them. */
  readonly matches: readonly string[];
  /** What it does, in words. */
  readonly does: string;
  /** Policies that work on it. */
  readonly policies: readonly string[];
}

/** One address that requests go to. */
export type TargetStatus = MemberStatus;

export type ReloadResult = ReloadDone | ReloadRefused;

interface ReloadDone {
  readonly ok: true;
  readonly generation: number;
  /** How long the reload took, in ms. */
  readonly ms: number;
  /** How long the new generation is watched, and may be taken back; 0: it is not. */
  readonly guardMs: number;
  /** A sentence for each thing that is in force and may not be meant so. */
  readonly warnings: readonly string[];
}

/** The configuration before is still in force, or again; but for `stuck`. */
interface ReloadRefused {
  readonly ok: false;
  /** `invalid`: the configuration has errors (422). `conflict`: it is right but cannot be taken over now. `rolled_back`: it was in force, and worse. `stuck`: that, and still in force (all 409). */
  readonly reason: 'invalid' | 'conflict' | 'rolled_back' | 'stuck';
  /** One sentence. */
  readonly error: string;
  /** One text for each error, as `sluice check` prints it. */
  readonly diagnostics: readonly string[];
}
