import type { MemberSpec } from '../balance/member.ts';
import type { RosterGeneration } from '../balance/roster.ts';
import type { Config } from '../config/config.ts';
import type { KeyCountsMemory } from '../lib/key-counts.ts';
import type { CellIndex, SharedCellsLayout } from '../lib/shared-cells.ts';
import type { SlotMemory } from '../lib/slots.ts';
import type { SocketShare } from '../listen/ports.ts';
import type { LimitMemory } from '../policy/rate-limit/limit-table.ts';
import type { Level } from '../observe/log-entry.ts';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import type { RecentAnswer, RecentQuery } from '../observe/recent-request.ts';
import type { ChallengeAnswers } from '../tls/acme/challenge-board.ts';
import type { TlsMaterial } from '../tls/material.ts';
import type { GuardSnapshot } from './guard-counts.ts';

/** Name of the cell that counts client connections. */
export const CONNECTIONS_CELL = 'connections';

/** Given to a worker thread at its start. */
export interface WorkerInit {
  /** 1-based; the row of the shared cells that is its own. */
  readonly number: number;
  readonly cells: SharedCellsLayout;
  readonly keyCounts: KeyCountsMemory;
  readonly slots: SlotMemory;
  readonly limits: LimitMemory;
  /** For sticky cookies; the same in all workers. */
  readonly secret: Uint8Array;
  /** Sockets share their ports with those of other workers, and with others of a wider or narrower address. */
  readonly reusePort: boolean;
  /** Of the sockets that listened before this process began. */
  readonly share: SocketShare;
  /** The user has set NO_COLOR. */
  readonly noColor: boolean;
}

/** One configuration with all a worker needs to build it. */
export interface GenerationPlan {
  readonly generation: number;
  readonly config: Config;
  readonly cellIndex: CellIndex;
  readonly roster: RosterGeneration;
  /** Null without an HTTPS listener. */
  readonly tls: TlsMaterial | null;
}

export type ToWorker =
  /** Build beside what runs, and open the ports that are new. Answered by `built` or `failed`. */
  | { readonly type: 'build'; readonly plan: GenerationPlan }
  /** Let new requests go to the generation that was built. Answered by `swapped` or `failed`, later by `retired` for the old one. */
  | { readonly type: 'swap'; readonly generation: number }
  /** Forget a generation that was built and is not wanted. */
  | { readonly type: 'discard'; readonly generation: number }
  /** The addresses behind an upstream's names have changed; the generation may be unknown here by now. */
  | { readonly type: 'members'; readonly generation: number; readonly upstream: string; readonly members: readonly MemberSpec[] }
  | { readonly type: 'certificates'; readonly tls: TlsMaterial }
  /** Answer certificate authorities so from now on. Answered by `challenged` with the same number. */
  | { readonly type: 'challenges'; readonly number: number; readonly answers: ChallengeAnswers }
  /** Answered by `metrics-snapshot`; not to be asked again before. */
  | { readonly type: 'metrics' }
  /** Answered by `guard-counts`. `isOnTrial`: requests without an answer are asked for, now and later. */
  | { readonly type: 'guard'; readonly isOnTrial: boolean }
  /** Answered by `recent-answer` with the same number. */
  | { readonly type: 'recent'; readonly number: number; readonly query: RecentQuery }
  /** Until a generation is swapped in, which brings its own. */
  | { readonly type: 'log-level'; readonly level: Level }
  /** Answered by `descriptors`. */
  | { readonly type: 'descriptors' }
  /** Log files have been renamed. */
  | { readonly type: 'reopen-logs' }
  /** Answered by `drained`. */
  | { readonly type: 'drain'; readonly timeoutMs: number };

export type FromWorker =
  | { readonly type: 'built'; readonly generation: number }
  | { readonly type: 'failed'; readonly generation: number; readonly error: string }
  | { readonly type: 'swapped'; readonly generation: number }
  | { readonly type: 'retired'; readonly generation: number }
  | { readonly type: 'challenged'; readonly number: number }
  /** Clients asked for these names, which may have a certificate on demand and have none. */
  | { readonly type: 'uncertified'; readonly names: readonly string[] }
  | { readonly type: 'metrics-snapshot'; readonly snapshot: MetricsSnapshot }
  /** Null: the configuration in force has no guard. */
  | { readonly type: 'guard-counts'; readonly snapshot: GuardSnapshot | null }
  | { readonly type: 'recent-answer'; readonly number: number; readonly answer: RecentAnswer }
  /** Of its ports' sockets. */
  | { readonly type: 'descriptors'; readonly descriptors: readonly number[] }
  /** `cut`: connections that had not finished in time. */
  | { readonly type: 'drained'; readonly cut: number };
