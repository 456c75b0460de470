import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import type { SyslogAddress } from '../config/access-log-config.ts';

/** A way to a syslog server. Connects when there is something to send, and again after a failure. */
export interface SyslogLink {
  /** Messages in one call of `send`, and calls under way at once. */
  readonly batchMax: number;
  readonly sendsMax: number;
  /** @param done once; null: the system has taken them. */
  send(messages: readonly string[], done: (error: Error | null) => void): void;
  close(): void;
}

const DATAGRAM_SENDS = 64;
const STREAM_BATCH = 100;
const CONNECT_MS = 5000;

export function createSyslogLink(address: SyslogAddress): SyslogLink {
  return address.transport === 'udp' ? new DatagramLink(address.host, address.port) : new StreamLink(address);
}

/**
 * One message in each datagram (RFC 5426). What does not arrive is lost, which nobody is told. The socket is connected, so
 * that the name is looked up once; where the port is closed, a new socket looks it up again.
 */
class DatagramLink implements SyslogLink {
  readonly batchMax = 1;
  readonly sendsMax = DATAGRAM_SENDS;
  readonly #host: string;
  readonly #port: number;
  #socket: DatagramSocket | null = null;
  #isConnected = false;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  send([message = '']: readonly string[], done: (error: Error | null) => void): void {
    const socket = this.#socket ?? this.#open();
    const transmit = (): void => socket.send(message, (error) => {
      if (error !== null) this.#drop(socket);
      done(error);
    });
    if (this.#isConnected) return transmit();
    const settle = (error: Error | null): void => {
      socket.off('connect', onConnect);
      socket.off('error', settle);
      if (error === null) transmit();
      else done(error);
    };
    const onConnect = (): void => settle(null);
    socket.once('connect', onConnect);
    socket.once('error', settle);
  }

  close(): void {
    if (this.#socket !== null) this.#drop(this.#socket);
  }

  #open(): DatagramSocket {
    const socket = createSocket({ type: isIPv6(this.#host) ? 'udp6' : 'udp4' });
    socket.unref();
    // As many messages as may wait for the name to be looked up.
    socket.setMaxListeners(DATAGRAM_SENDS + 4);
    socket.on('connect', () => { this.#isConnected = true; });
    socket.on('error', () => this.#drop(socket));
    this.#socket = socket;
    socket.connect(this.#port, this.#host);
    return socket;
  }

  #drop(socket: DatagramSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#isConnected = false;
    socket.close();
  }
}

/** Messages one behind the other, each with its length before it (RFC 6587 §3.4.1). */
class StreamLink implements SyslogLink {
  readonly batchMax = STREAM_BATCH;
  readonly sendsMax = 1;
  readonly #address: SyslogAddress;
  #socket: Socket | null = null;
  #onFault: ((error: Error) => void) | null = null;

  constructor(address: SyslogAddress) {
    this.#address = address;
  }

  send(messages: readonly string[], done: (error: Error | null) => void): void {
    const socket = this.#socket ?? this.#open();
    let isDone = false;
    const settle = (error: Error | null): void => {
      if (isDone) return;
      isDone = true;
      this.#onFault = null;
      done(error);
    };
    this.#onFault = settle;
    const frames = messages.map((message) => `${Buffer.byteLength(message)} ${message}`).join('');
    socket.write(frames, (error) => settle(error ?? null));
  }

  close(): void {
    this.#socket?.destroySoon();
    this.#socket = null;
  }

  #open(): Socket {
    const address = this.#address;
    const socket = connect(address.transport === 'unix' ? { path: address.path } : { host: address.host, port: address.port });
    socket.unref();
    socket.setKeepAlive(true);
    socket.setTimeout(CONNECT_MS, () => { if (socket.connecting) socket.destroy(new Error('no answer')); });
    // What a server says is of no interest, but not reading it would fill its buffers, and hide that it has gone.
    socket.resume();
    socket.on('error', (error) => this.#drop(socket, faultOf(error, address)));
    socket.on('close', () => this.#drop(socket, new Error('closed by the server')));
    this.#socket = socket;
    return socket;
  }

  #drop(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#onFault?.(error);
  }
}

/** Node.js has no unix sockets that take datagrams, which /dev/log is with journald and rsyslog; the system's own word does not say so. */
function faultOf(error: NodeJS.ErrnoException, address: SyslogAddress): Error {
  if (error.code !== 'EPROTOTYPE' || address.transport !== 'unix') return error;
  return new Error(`${address.path} takes datagrams, and only a stream socket can be written to; use udp://127.0.0.1:514 or tcp:// where the syslog server listens there, or write to stdout, which journald takes`, { cause: error });
}
