import type { SecureContext, SecureContextOptions, Server } from 'node:tls';
import { CertificateChoice, type Client } from './certificate-choice.ts';
import type { TlsMaterial } from './material.ts';
import { isCovered, normalizeName } from './server-name.ts';

type SniCallback = (this: unknown, servername: string, done: (error: Error | null, context?: SecureContext) => void) => void;

/**
 * The certificates of a data-plane thread, which can be swapped while it serves.
 *
 *     const server = tls.createServer({ ...contexts.serverOptions, SNICallback: contexts.sniCallback });
 *     contexts.attach(server);
 */
export class ServerContexts {
  readonly #servers = new Set<Server>();
  #choice: CertificateChoice;

  /** For `tls.createServer`. Calls back exactly once; a throw in here would end the process (CVE-2026-21637). */
  readonly sniCallback: SniCallback;

  /** @throws OpenSSL's error if a certificate cannot be used; `loadCertificates` lets none of those through. */
  constructor(material: TlsMaterial) {
    this.#choice = new CertificateChoice(material.entries);
    this.sniCallback = sniCallbackOf(this);
  }

  /** All names of all certificates, addresses and wildcards included, as `normalizeName` writes them. */
  get names(): ReadonlySet<string> {
    return this.#choice.names;
  }

  /** Profile and default certificate. Node asks no callback when a client names no host, so the server itself needs them. */
  get serverOptions(): SecureContextOptions {
    return this.#choice.serverOptions;
  }

  /** Whether a certificate is valid for this host of a URL (no port; IPv6 with or without brackets). */
  covers(host: string): boolean {
    return isCovered(normalizeName(host), this.#choice.names);
  }

  /** As `CertificateChoice.choose`, among the certificates of this moment. */
  choose(servername: string | undefined, client?: Client): SecureContext {
    return this.#choice.choose(servername, client);
  }

  /** Keeps the default certificate of a server up to date until it closes. */
  attach(server: Server): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
  }

  /**
   * Every handshake that starts after this call sees the new certificates; those under way finish with the old
   * ones. The keys of session tickets change too, so that no session outlives its certificate.
   *
   * @throws like the constructor; the old certificates stay then.
   */
  replace(material: TlsMaterial): void {
    this.#choice = new CertificateChoice(material.entries);
    for (const server of this.#servers) server.setSecureContext(this.#choice.serverOptions);
  }
}

/** Node calls it as a method of the `TLSSocket` whose handshake is waiting. */
function sniCallbackOf(contexts: ServerContexts): SniCallback {
  return function chooseContext(servername, done) {
    let context: SecureContext | undefined;
    try {
      context = contexts.choose(servername, isClient(this) ? this : undefined);
    } catch {
      // Whatever it was, the handshake goes on with the default certificate of the server.
    }
    if (context === undefined) done(null);
    else done(null, context);
  };
}

function isClient(value: unknown): value is Client {
  return typeof value === 'object' && value !== null && 'getSharedSigalgs' in value;
}
