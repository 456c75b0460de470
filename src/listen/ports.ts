import { createServer, type Socket } from 'node:net';
import type { ListenAddress, ListenConfig } from '../config/config.ts';
import { addressText } from '../lib/address-text.ts';

export interface OpenPort {
  readonly kind: 'http' | 'https';
  readonly address: ListenAddress;
}

/** A port that could not be opened; the message says which and why. */
class PortError extends Error {
  override readonly name = 'PortError';
}

/** A port that is open. */
export interface ListeningPort {
  /** As bound, with the number that port 0 was given. */
  readonly port: OpenPort;
  /** Takes no further connections, and frees the port at once; connections that are open stay. */
  close(): void;
}

const BACKLOG = 4096;

/** The public ports of one worker. Changing their list opens what is new and closes what is gone; the others do not notice. */
export class Ports {
  readonly #accept: (socket: Socket, secure: boolean) => void;
  readonly #reusePort: boolean;
  readonly #open = new Map<string, ListeningPort>();

  /** @param reusePort several workers bind the same port, and the kernel spreads connections over them. */
  constructor(accept: (socket: Socket, secure: boolean) => void, reusePort: boolean) {
    this.#accept = accept;
    this.#reusePort = reusePort;
  }

  get list(): OpenPort[] {
    return [...this.#open.values()].map(({ port }) => port);
  }

  /**
   * Opens what is not open yet.
   * @throws PortError; what this call had opened is closed again.
   */
  async open(config: ListenConfig): Promise<void> {
    const missing = portsOf(config).filter((port) => !this.#open.has(keyOf(port)));
    const results = await Promise.allSettled(missing.map(async (port) => ({ key: keyOf(port), opened: await openPort(port, this.#reusePort, this.#accept) })));
    const failed = results.find((result) => result.status === 'rejected');
    for (const result of results) {
      if (result.status === 'rejected') continue;
      const { key, opened } = result.value;
      if (failed === undefined) this.#open.set(key, opened);
      else opened.close();
    }
    if (failed !== undefined) throw failed.reason;
  }

  /** Closes what the configuration does not name; connections that are open stay. */
  closeOthers(config: ListenConfig): void {
    const keep = new Set(portsOf(config).map(keyOf));
    for (const key of this.#open.keys()) if (!keep.has(key)) this.#close(key);
  }

  closeAll(): void {
    for (const key of this.#open.keys()) this.#close(key);
  }

  #close(key: string): void {
    this.#open.get(key)?.close();
    this.#open.delete(key);
  }
}

/** The ports that a configuration names. */
export function portsOf({ http, https }: ListenConfig): OpenPort[] {
  return [...http.map((address) => ({ kind: 'http' as const, address })), ...https.map((address) => ({ kind: 'https' as const, address }))];
}

/** @throws PortError */
export async function openPort(port: OpenPort, reusePort: boolean, accept: (socket: Socket, secure: boolean) => void): Promise<ListeningPort> {
  const secure = port.kind === 'https';
  const options = { allowHalfOpen: !secure, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
  const server = createServer(options, (socket) => accept(socket, secure));
  const { host, port: number } = port.address;
  return new Promise((resolve, reject) => {
    // Once it listens, an error is a connection that could not be accepted (no file descriptor is left): it is lost, the next may not be.
    server.on('error', (error: NodeJS.ErrnoException) => reject(new PortError(explain(error, port), { cause: error })));
    server.listen({ host, port: number, backlog: BACKLOG, reusePort }, () => {
      const bound = server.address();
      const actual = typeof bound === 'object' && bound !== null ? bound.port : number;
      resolve({ port: { kind: port.kind, address: { host, port: actual } }, close: () => void server.close() });
    });
  });
}

function keyOf({ kind, address }: OpenPort): string {
  return `${kind} ${addressText(address)}`;
}

function explain(error: NodeJS.ErrnoException, { kind, address }: OpenPort): string {
  const where = `${kind} port ${addressText(address)}`;
  switch (error.code) {
    case 'EADDRINUSE': return `${where} is in use by another program`;
    case 'EACCES': return `${where} needs a privilege: ports below 1024 are root's, or need CAP_NET_BIND_SERVICE`;
    case 'EADDRNOTAVAIL': return `${where}: this machine has no such address`;
    default: return `${where} cannot be opened: ${error.message}`;
  }
}
