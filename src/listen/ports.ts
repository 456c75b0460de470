import { createServer, type Socket } from 'node:net';
import type { ListenAddress, ListenConfig } from '../config/config.ts';
import { addressText } from '../lib/address-text.ts';
import { serverDescriptor } from '../lib/server-descriptor.ts';

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
  /** Its sockets, for a process that is to go on with them. Linux and macOS only. */
  readonly descriptors: readonly number[];
  /** Connections from now on are of this kind; those that are open stay what they are. */
  serve(kind: OpenPort['kind']): void;
  /** Takes no further connections, and frees the port at once; connections that are open stay. */
  close(): void;
}

/** What one worker has of the sockets that listened before this process began. */
export interface SocketShare {
  /** Descriptors by the address as the configuration has it: `[::]:80`. */
  readonly own: Readonly<Record<string, readonly number[]>>;
  /** Addresses of which others were given sockets and this one was not. */
  readonly others: readonly string[];
}

export const NO_SOCKETS: SocketShare = { own: {}, others: [] };

const BACKLOG = 4096;

interface PortsOptions {
  readonly accept: (socket: Socket, secure: boolean) => void;
  /** Several workers bind the same port, and the kernel spreads connections over them. */
  readonly reusePort: boolean;
  readonly share: SocketShare;
  /** A port is open in other workers, by sockets that were handed down, and cannot be opened in this one. */
  readonly onShut: (why: string) => void;
}

/** The public ports of one worker. Changing their list opens what is new and closes what is gone; the others do not notice. */
export class Ports {
  readonly #options: PortsOptions;
  /** Handed down and not in use yet, by address. */
  readonly #handedDown: Map<string, readonly number[]>;
  readonly #open = new Map<string, ListeningPort>();

  constructor(options: PortsOptions) {
    this.#options = options;
    this.#handedDown = new Map(Object.entries(options.share.own));
  }

  get list(): OpenPort[] {
    return [...this.#open.values()].map(({ port }) => port);
  }

  /** Of every port that is open. */
  get descriptors(): number[] {
    return [...this.#open.values()].flatMap(({ descriptors }) => descriptors);
  }

  /**
   * Opens what is not open yet.
   * @throws PortError; what this call had opened is closed again.
   */
  async open(config: ListenConfig): Promise<void> {
    const missing = portsOf(config).filter((port) => !this.#open.has(keyOf(port)));
    const results = await Promise.allSettled(missing.map(async (port) => ({ key: keyOf(port), opened: await this.#openOne(port, config.reusePort) })));
    const failed = results.find((result) => result.status === 'rejected');
    for (const result of results) {
      if (result.status === 'rejected') continue;
      const { key, opened } = result.value;
      if (failed === undefined) this.#open.set(key, opened);
      else opened.close();
    }
    if (failed !== undefined) throw failed.reason;
  }

  /** Closes what the configuration does not name, and serves the rest as it says; connections that are open stay. */
  keepOnly(config: ListenConfig): void {
    const kinds = new Map(portsOf(config).map((port) => [keyOf(port), port.kind]));
    for (const [key, port] of this.#open) {
      const kind = kinds.get(key);
      if (kind === undefined) this.#close(key);
      else port.serve(kind);
    }
  }

  closeAll(): void {
    for (const key of this.#open.keys()) this.#close(key);
  }

  async #openOne(port: OpenPort, isShared: boolean): Promise<ListeningPort> {
    const { accept, reusePort, share, onShut } = this.#options;
    const text = addressText(port.address);
    const handedDown = this.#handedDown.get(text);
    this.#handedDown.delete(text);
    if (handedDown !== undefined) return together(port, await Promise.all(handedDown.map(async (descriptor) => openPort(port, { descriptor }, accept))));
    try {
      return await openPort(port, { reusePort: reusePort || isShared }, accept);
    } catch (error) {
      if (!(error instanceof PortError && share.others.includes(text))) throw error;
      onShut(error.message);
      return together(port, []);
    }
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

/** What a port of either kind has in common when it becomes the other. With port 0 each line has one of its own. */
function keyOf({ kind, address }: OpenPort): string {
  return address.port === 0 ? `${kind} ${addressText(address)}` : addressText(address);
}

/** Several sockets as one. */
function together({ kind, address }: OpenPort, sockets: readonly ListeningPort[]): ListeningPort {
  let served = kind;
  return {
    get port() {
      return { kind: served, address };
    },
    descriptors: sockets.flatMap(({ descriptors }) => descriptors),
    serve(next) {
      served = next;
      for (const socket of sockets) socket.serve(next);
    },
    close: () => sockets.forEach((socket) => socket.close()),
  };
}

/** Where a port comes from: bound anew, or a socket that listens already. */
type PortSource = { readonly reusePort: boolean } | { readonly descriptor: number };

/** @throws PortError */
export async function openPort(port: OpenPort, source: PortSource, accept: (socket: Socket, secure: boolean) => void): Promise<ListeningPort> {
  let { kind } = port;
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    const secure = kind === 'https';
    socket.allowHalfOpen = !secure;
    accept(socket, secure);
  });
  const { host, port: number } = port.address;
  return new Promise((resolve, reject) => {
    // Once it listens, an error is a connection that could not be accepted (no file descriptor is left): it is lost, the next may not be.
    server.on('error', (error: NodeJS.ErrnoException) => reject(new PortError(explain(error, port), { cause: error })));
    const place = 'descriptor' in source ? { fd: source.descriptor } : { host, port: number, reusePort: source.reusePort };
    server.listen({ ...place, backlog: BACKLOG }, () => {
      const bound = server.address();
      const descriptor = serverDescriptor(server);
      const actual = typeof bound === 'object' && bound !== null ? bound.port : number;
      resolve({
        get port() {
          return { kind, address: { host, port: actual } };
        },
        descriptors: descriptor === null ? [] : [descriptor],
        serve(next) {
          kind = next;
        },
        close: () => void server.close(),
      });
    });
  });
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
