import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TlsOptions, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';

/** A TLS server on a free port of 127.0.0.1 that ends each connection with "ok", until the test ends. */
export async function listenTls(t: Pick<Test, 'teardown'>, options: TlsOptions): Promise<ReturnType<typeof createServer>> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => undefined);
    socket.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return server;
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

export interface Handshake {
  /** Names of the certificate the server showed, as Node prints them. */
  readonly names: string;
  readonly keyType: string;
  readonly serial: string;
  readonly protocol: string;
  readonly cipher: string;
  readonly group: string;
  readonly isResumed: boolean;
  /** The last ticket received, for `options.session`. */
  readonly session: Buffer | undefined;
}

/**
 * One handshake, the certificate verified unless `options` say otherwise, then all the server sends: an
 * alert can come after the client's part of TLS 1.3 is done. Rejects where any of it fails.
 */
export async function handshake(port: number, options: ConnectionOptions): Promise<Handshake> {
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const socket = connect({ host: '127.0.0.1', port, ...options });
  let seen: Omit<Handshake, 'session'> | null = null;
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => {
    session = ticket;
  });
  socket.once('error', reject);
  socket.once('secureConnect', () => {
    seen = describe(socket);
  });
  socket.once('close', () => {
    if (seen === null) reject(new Error('closed before the handshake was complete'));
    else resolve({ ...seen, session });
  });
  socket.resume();
  return promise;
}

function describe(socket: TLSSocket): Omit<Handshake, 'session'> {
  const certificate = socket.getPeerX509Certificate();
  const key = socket.getEphemeralKeyInfo();
  return {
    names: certificate?.subjectAltName ?? '',
    keyType: certificate?.publicKey.asymmetricKeyType ?? '',
    serial: certificate?.serialNumber ?? '',
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    group: key !== null && 'name' in key && typeof key.name === 'string' ? key.name : '',
    isResumed: socket.isSessionReused(),
  };
}
