/** One certificate authority, as the configuration names it. */
export interface AcmeCa {
  /** For log and status: `letsencrypt`, or the host of the directory. */
  readonly name: string;
  readonly directory: string;
  /** Directory of its staging service, used while a failed issue is tried again; null: it has none. */
  readonly stagingDirectory: string | null;
  /** PEM of the CA that signed the directory's own certificate; null: the well-known ones. */
  readonly trust: string | null;
  readonly eab: { readonly kid: string; readonly hmacKey: string } | null;
  /** draft-ietf-acme-profiles; null: the CA's default. */
  readonly profile: string | null;
}

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01';

/** Where proofs are put for the CA to see. */
export interface ChallengeResponder {
  /** Types it can answer for this host, preferred ones first. */
  typesFor(host: string): readonly ChallengeType[];
  /** Resolves when the proof can be seen. @throws Error in words. */
  present(type: ChallengeType, host: string, token: string, keyAuthorization: string): Promise<void>;
  /** Never throws. */
  remove(type: ChallengeType, host: string, token: string, keyAuthorization: string): Promise<void>;
}

export interface IssuedCertificate {
  /** PEM chain, leaf first. */
  readonly cert: string;
  readonly key: string;
}

/** When to renew, as the CA suggests it (RFC 9773). */
export interface RenewalWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** When to ask again, from Retry-After. */
  readonly askAgainMs: number;
  readonly explanationUrl: string | null;
}

/** Why an order failed, and what that means for the next one. */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  /** ACME error type without its prefix (RFC 8555 §6.7): `rateLimited`, `unauthorized`, …; `network`, `timeout`; '' for others. */
  readonly type: string;
  /** From Retry-After; null: none. */
  readonly retryAfterMs: number | null;

  constructor(message: string, type: string, retryAfterMs: number | null, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An account at one CA: orders certificates, asks for renewal times. */
export interface AcmeAuthority {
  readonly ca: AcmeCa;
  /**
   * @param replaces PEM of the certificate this one follows, for the CA's own planning (RFC 9773 §5); null: a first one.
   * @throws AcmeError
   */
  order(names: readonly string[], responder: ChallengeResponder, replaces: string | null): Promise<IssuedCertificate>;
  /** Null where the CA does not offer it. @throws AcmeError */
  renewalWindow(cert: string): Promise<RenewalWindow | null>;
}
