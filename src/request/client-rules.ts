import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { ClientCertificateConfig } from '../config/tls-config.ts';
import { clientCertificateHeaders } from '../exchange/client-certificate.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** How some hosts ask clients for a certificate. */
export interface ClientRule {
  /**
   * The same for rules that let in the same clients, and no other. A connection keeps that of its handshake, so a
   * rule that is changed by a reload counts at once on connections and sessions from before.
   */
  readonly key: string;
  readonly mode: 'require' | 'request';
  readonly ca: string;
  readonly crl: string | null;
  readonly headers: boolean;
}

/** Which hosts ask clients for a certificate, and whether a request may go on with what its client has shown. */
export class ClientRules {
  readonly #exact = new Map<string, ClientRule>();
  /** By what stands behind the `*`, with its dot. As in routes, it covers every depth. */
  readonly #wildcards = new Map<string, ClientRule>();
  readonly #isEmpty: boolean;

  constructor(clients: readonly ClientCertificateConfig[]) {
    for (const { hosts, mode, ca, crl, headers } of clients) {
      const rule = { key: keyOf([mode, ca, crl]), mode, ca, crl, headers };
      for (const host of hosts) {
        if (host.startsWith('*.')) this.#wildcards.set(host.slice(1), rule);
        else this.#exact.set(bare(host), rule);
      }
    }
    this.#isEmpty = clients.length === 0;
  }

  /** One of each key. */
  get list(): readonly ClientRule[] {
    return [...new Map([...this.#exact.values(), ...this.#wildcards.values()].map((rule) => [rule.key, rule])).values()];
  }

  /** Exact names that a rule of this key is for, addresses without brackets. */
  hostsOf({ key }: ClientRule): string[] {
    return Array.from(this.#exact).flatMap(([host, rule]) => (rule.key === key ? [host] : []));
  }

  /** The rule of a host in lower case (IPv6 with or without brackets): exact name, else the longest wildcard; null where nobody is asked. */
  ruleOf(host: string): ClientRule | null {
    if (this.#isEmpty) return null;
    const exact = this.#exact.get(bare(host));
    if (exact !== undefined || this.#wildcards.size === 0) return exact ?? null;
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const rule = this.#wildcards.get(host.slice(dot));
      if (rule !== undefined) return rule;
    }
    return null;
  }

  /**
   * Lets a request pass to a host that asks nobody, or whose rule its connection has met; closed in every doubt. Writes
   * down what the upstream is to be told.
   * @throws GatewayError misdirected (RFC 9110 §15.5.20) where the connection was made for a host with another rule;
   * client_certificate_required
   */
  check(exchange: Exchange): void {
    const { client, host, secure, startedAtMs } = exchange;
    const rule = this.ruleOf(host);
    if (rule === null) return;
    if (secure && client?.rule !== rule.key) throw new GatewayError('misdirected', `the connection was not made for ${host}, which asks for client certificates`);
    if (client !== null && (client.verdict === 'FAILED' || client.notAfterMs <= startedAtMs)) {
      throw new GatewayError('client_certificate_required', client.fault === '' ? 'the certificate has expired since the connection was made' : client.fault);
    }
    if (rule.mode === 'require' && client?.verdict !== 'SUCCESS') {
      throw new GatewayError('client_certificate_required', secure ? 'none was shown' : 'none can be shown over plain HTTP');
    }
    if (rule.headers) exchange.addedHeaders = clientCertificateHeaders(client);
  }
}

function bare(host: string): string {
  return host.startsWith('[') && isIPv6(host.slice(1, -1)) ? host.slice(1, -1) : host;
}

/** As many characters as OpenSSL takes for the context of a session. */
function keyOf(parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32);
}
