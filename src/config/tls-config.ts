/** Certificates of the HTTPS listeners: the configured ones, where made and issued ones are kept, and those asked of clients. */
export interface TlsConfig {
  readonly certificates: readonly CertificateFiles[];
  /** Folder of the local CA and what it issued, and of ACME where `redisUrl` is null. Absolute. */
  readonly storeDir: string;
  /** Where certificates and account keys of ACME are shared with other gateways; holds a password. Null: `storeDir`. */
  readonly redisUrl: string | null;
  /** No host is in two of them. */
  readonly clients: readonly ClientCertificateConfig[];
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Client certificates (mTLS) of some hosts. */
export interface ClientCertificateConfig {
  /** As hosts of routes are written: lower case, `*.` and addresses included. */
  readonly hosts: readonly string[];
  /** `request`: a client without one is served too; a wrong one is refused in either case. */
  readonly mode: 'require' | 'request';
  readonly caFile: string;
  /** PEM of `caFile`, read at load: at least one certificate. */
  readonly ca: string;
  /** PEM with at least one revocation list; null: none is looked at. */
  readonly crl: string | null;
  /** Upstreams are told who the client is. */
  readonly headers: boolean;
}

/** Certificates by ACME (RFC 8555). */
export interface AcmeConfig {
  /** For the account; null: none is given. */
  readonly email: string | null;
  /** In the order in which they are tried; at least one. */
  readonly cas: readonly AcmeCaConfig[];
  /** In order of preference; at least one. */
  readonly challenges: readonly AcmeChallenge[];
  /** Not null where `challenges` has `dns-01`. */
  readonly dns: DnsHookConfig | null;
  readonly keyType: 'p256' | 'p384' | 'rsa2048' | 'rsa4096';
  /** What a host answers with until it has a certificate: the local CA's, or a refused handshake. */
  readonly whilePending: 'local' | 'refuse';
  /** Null: only hosts of the configuration get certificates. */
  readonly onDemand: OnDemandConfig | null;
  /** Null: every public host of the routes that no certificate file covers. */
  readonly hosts: readonly string[] | null;
}

export type AcmeChallenge = 'tls-alpn-01' | 'http-01' | 'dns-01';

/** One certificate authority. */
export interface AcmeCaConfig {
  /** For log and status: `letsencrypt`, or the host of the directory. */
  readonly name: string;
  readonly directory: string;
  /** Directory of its staging service; null: it has none. */
  readonly stagingDirectory: string | null;
  /** PEM of the CA that signed the directory's own certificate; null: the well-known ones. */
  readonly trust: string | null;
  /** External account binding (RFC 8555 §7.3.4). `hmacKey` is base64url. */
  readonly eab: { readonly kid: string; readonly hmacKey: string } | null;
  /** draft-ietf-acme-profiles; null: the CA's default. */
  readonly profile: string | null;
}

/** Who puts TXT records in place. Exactly one of `command` and `url` is there. */
export interface DnsHookConfig {
  /** Program and its first arguments; a program with a `/` in its name is an absolute path. */
  readonly command: readonly string[] | null;
  readonly url: string | null;
  /** Sent to `url`; may hold secrets. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Between a record put in place and the CA told to look. */
  readonly waitMs: number;
  /** Bound on one call of the hook. */
  readonly timeoutMs: number;
}

/** Certificates for hosts that no route names, ordered when a client asks for them. `allow` or `ask` is there; where both are, both must agree. */
export interface OnDemandConfig {
  /** Hosts and `*.` patterns; empty: `ask` alone decides. */
  readonly allow: readonly string[];
  /** URL that answers 200 to `?domain=HOST` for a host that may have a certificate; null: `allow` alone decides. */
  readonly ask: string | null;
  /** Orders, all hosts together. */
  readonly perHour: number;
}
