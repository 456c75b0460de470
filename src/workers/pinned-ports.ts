import type { ListenAddress, ListenConfig } from '../config/config.ts';
import { openPort, type OpenPort, type ListeningPort, portsOf } from '../listen/ports.ts';

/**
 * Port 0 asks the system for a free port. It is asked once for each such line, before any worker listens:
 * all workers must open the same port, a redirect must name it, and a reload must not move it. Any other port is tried alone:
 * workers share theirs, and would share one with another Sluice without a word.
 */
export class PinnedPorts {
  readonly #given = new Map<string, number>();

  /**
   * @param held addresses that are listened on by this process already.
   * @returns `listen` with a number in the place of every port 0.
   * @throws PortError where the system has none to give, or another program has one of them.
   */
  async apply(listen: ListenConfig, held: readonly ListenAddress[] = []): Promise<ListenConfig> {
    if (!listen.reusePort) await tryAlone(listen, new Set(held.map(({ port }) => port)));
    return this.#pinAll(listen);
  }

  async #pinAll(listen: ListenConfig): Promise<ListenConfig> {
    const held: ListeningPort[] = [];
    try {
      const http = await this.#pin('http', listen.http, held);
      const https = await this.#pin('https', listen.https, held);
      return { ...listen, http, https };
    } finally {
      for (const opened of held) opened.close();
    }
  }

  /** Ports stay open in `held` until all are known, so that none is given twice. */
  async #pin(kind: OpenPort['kind'], addresses: readonly ListenAddress[], held: ListeningPort[]): Promise<ListenAddress[]> {
    return Promise.all(addresses.map(async (address, i) => {
      if (address.port !== 0) return address;
      const line = `${kind} ${i} ${address.host}`;
      const known = this.#given.get(line);
      if (known !== undefined) return { host: address.host, port: known };
      const opened = await openPort({ kind, address }, { reusePort: false }, (socket) => socket.destroy());
      held.push(opened);
      this.#given.set(line, opened.port.address.port);
      return opened.port.address;
    }));
  }
}

async function tryAlone(listen: ListenConfig, held: ReadonlySet<number>): Promise<void> {
  const ports = portsOf(listen).filter(({ address }) => address.port !== 0 && !held.has(address.port));
  const results = await Promise.allSettled(ports.map(async (port) => openPort(port, { reusePort: false }, (socket) => socket.destroy())));
  for (const result of results) if (result.status === 'fulfilled') result.value.close();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
