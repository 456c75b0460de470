import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { CertificateStatus } from '../../src/tls/keeper-status.ts';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';
import type { Pebble } from './pebble.ts';
import { tempDir } from './temp-dir.ts';
import { eventually } from './wait-for.ts';

type TestContext = Parameters<typeof tempDir>[0];

interface AcmeOptions extends GatewayOptions {
  /** YAML of `acme` beside `ca`: `challenges: [dns-01], …`. */
  readonly acme?: string;
  /** Where certificates are kept; default: a new folder. */
  readonly store?: string;
  /** URL of the store in place of a folder. */
  readonly redis?: string;
  /** Further top-level YAML, such as `workers: 2`. */
  readonly more?: string;
  readonly hosts?: readonly string[];
  /** Default: the ports at which Pebble looks for proofs. */
  readonly ports?: { readonly http: number; readonly https: number };
}

export interface AcmeGateway extends TestGateway {
  readonly store: string;
  /** Writes another list of hosts; takes effect with `plane.reload()`. */
  readonly serve: (hosts: readonly string[]) => void;
}

/** A gateway that has Pebble for its CA, with a route that answers `ok` for each host. */
export async function startAcmeGateway(t: TestContext, pebble: Pick<Pebble, 'ca' | 'httpPort' | 'tlsPort'>, options: AcmeOptions = {}): Promise<AcmeGateway> {
  const { acme = '', more = '', hosts = ['app.example.com'], ports = { http: pebble.httpPort, https: pebble.tlsPort }, store = join(tempDir(t), 'certs') } = options;
  const trust = join(tempDir(t), 'trust.pem');
  if (pebble.ca.trust !== null) writeFileSync(trust, pebble.ca.trust);
  const ca = { directory: pebble.ca.directory, ...(pebble.ca.trust !== null && { trust }) };
  const yaml = (names: readonly string[]): string => `
listen: { http: "127.0.0.1:${ports.http}", https: "127.0.0.1:${ports.https}", admin: "127.0.0.1:0" }
tls: { store: ${JSON.stringify(options.redis ?? store)} }
acme: { ca: ${JSON.stringify(ca)}, ${acme} }
${more}
routes: [${names.map((host) => `{ host: "${host}", respond: { body: ok } }`).join(', ')}]`;
  const gateway = await startGateway(t, yaml(hosts), options);
  return Object.assign(gateway, { store, serve: (names: readonly string[]) => gateway.write(yaml(names)) });
}

/** What the gateway says of the certificate of a host; fails where it knows none. */
export function statusOf({ plane }: Pick<TestGateway, 'plane'>, host: string): CertificateStatus {
  const found = plane.certificates().find(({ names }) => names.includes(host));
  if (found === undefined) throw new Error(`no certificate for ${host}`);
  return found;
}

/** Waits until clients of the host get a certificate of the CA whose root this is. */
export async function issued(gateway: Pick<TestGateway, 'httpsPort' | 'messages' | 'plane'>, host: string, root: string, timeoutMs = 30_000): Promise<CertificateStatus> {
  await eventually(async () => {
    const socket = await secureTo(gateway.httpsPort, host, root).catch((error: unknown) => {
      throw new Error(gateway.messages.slice(-5).join('\n'), { cause: error });
    });
    socket.destroy();
    return true;
  }, timeoutMs);
  return statusOf(gateway, host);
}

/** A handshake for `host`, the certificate verified against `ca`; the caller ends the connection. */
export async function secureTo(port: number, host: string, ca: string): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, servername: host, ca });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}
