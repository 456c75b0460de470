import type { ListenAddress, ListenConfig } from '../config/config.ts';
import type { OpenPort } from '../listen/ports.ts';

/**
 * Port 0 asks the system for a free port. What it gave at the start is what the same line means for
 * every further worker and every reload.
 */
export class PinnedPorts {
  readonly #given = new Map<string, number>();

  /** Remembers what the ports of `listen` have become. */
  note(listen: ListenConfig, bound: readonly OpenPort[]): void {
    for (const kind of ['http', 'https'] as const) {
      const fixed = new Set(listen[kind].filter(({ port }) => port !== 0).map(({ port }) => port));
      const free = bound.filter((open) => open.kind === kind && !fixed.has(open.address.port));
      for (const [i, { host, port }] of listen[kind].entries()) {
        if (port !== 0) continue;
        const at = free.findIndex(({ address }) => address.host === host);
        const [given] = at === -1 ? [] : free.splice(at, 1);
        if (given !== undefined) this.#given.set(`${kind} ${i} ${host}`, given.address.port);
      }
    }
  }

  apply(listen: ListenConfig): ListenConfig {
    const pin = (kind: 'http' | 'https'): ListenAddress[] => listen[kind].map(({ host, port }, i) => (
      { host, port: port === 0 ? (this.#given.get(`${kind} ${i} ${host}`) ?? 0) : port }
    ));
    return { ...listen, http: pin('http'), https: pin('https') };
  }

  /** Whether an open port is one of the configuration's. */
  names(listen: ListenConfig, { kind, address }: OpenPort): boolean {
    return listen[kind].some(({ host, port }) => host === address.host && (port === address.port || port === 0));
  }
}
