import type { TargetConfig } from '../config/upstream-config.ts';
import type { Slot } from '../lib/slots.ts';
import type { UpstreamPool } from './upstream-call.ts';

/** One address that requests go to, as a worker sees it: its connections, and what all workers know of it. */
export class Member {
  /** Unique in its upstream: the target's name, and the address where that differs. */
  readonly key: string;
  readonly target: TargetConfig;
  readonly pool: UpstreamPool;
  readonly slot: Slot;

  constructor(key: string, target: TargetConfig, pool: UpstreamPool, slot: Slot) {
    this.key = key;
    this.target = target;
    this.pool = pool;
    this.slot = slot;
  }

  get weight(): number {
    return this.target.weight;
  }

  get isBackup(): boolean {
    return this.target.backup;
  }

  /** Value of Host where the route asks for the target's own. */
  get host(): string {
    const { host, port, secure, path } = this.target;
    if (path !== null) return 'localhost';
    const name = host.includes(':') ? `[${host}]` : host;
    return port === (secure ? 443 : 80) || port === 0 ? name : `${name}:${port}`;
  }
}
