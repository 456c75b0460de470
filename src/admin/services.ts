import type { MemberStatus } from '../balance/member-status.ts';
import type { RenewResult } from '../tls/certificate-keeper.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';

/** What the admin server asks of the rest of Sluice. All answers are plain data, ready for JSON. */
export interface AdminServices {
  status(): AdminStatus;
  /** True while the public listeners take requests: false before the first generation and while draining. */
  ready(): boolean;
  /** Reads the configuration again and swaps generations. Rejects only on a bug; what can go wrong is in the result. */
  reload(): Promise<ReloadResult>;
  /** Every certificate there is, or is to come. */
  certificates(): readonly CertificateStatus[];
  /** Orders a certificate for a host by ACME, due or not, and waits for it for less than a minute. Never rejects. */
  renewCertificate(host: string): Promise<RenewResult>;
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
  readonly action: 'forward' | 'respond' | 'redirect';
  /** Null where the route forwards nothing. */
  readonly upstream: string | null;
}

/** One address that requests go to. */
export type TargetStatus = MemberStatus;

export type ReloadResult = ReloadDone | ReloadRefused;

interface ReloadDone {
  readonly ok: true;
  readonly generation: number;
  /** How long the reload took, in ms. */
  readonly ms: number;
}

/** The generation that ran before still runs. */
interface ReloadRefused {
  readonly ok: false;
  /** `invalid`: the configuration has errors (422). `conflict`: it is right but cannot be taken over now (409). */
  readonly reason: 'invalid' | 'conflict';
  /** One sentence. */
  readonly error: string;
  /** One text for each error, as `sluice check` prints it. */
  readonly diagnostics: readonly string[];
}
