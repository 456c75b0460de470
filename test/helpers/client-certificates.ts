import { generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';
import type { ClientCertificateConfig } from '../../src/config/tls-config.ts';
import { loadX509Library } from '../../src/tls/x509-library.ts';
import { makeCa, type Pair } from './certificates.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;

interface ClientOptions {
  /** Fields in the order of the certificate; default the common name. */
  readonly subject?: readonly Readonly<Record<string, string>>[];
  readonly san?: readonly { readonly type: 'dns' | 'email' | 'url'; readonly value: string }[];
  /** Default: in an hour. */
  readonly notAfter?: Date;
  /** Hexadecimal; default 01. */
  readonly serial?: string;
}

/** An authority for certificates of clients, its members, and the list of those it no longer stands for. */
export class ClientCa {
  readonly cert: string;
  readonly #key: KeyObject;

  private constructor(cert: string, key: KeyObject) {
    this.cert = cert;
    this.#key = key;
  }

  static async make(): Promise<ClientCa> {
    const { cert, key } = await makeCa();
    return new ClientCa(cert, key);
  }

  async client(name: string, { subject = [{ CN: name }], san = [], notAfter = new Date(Date.now() + HOUR_MS), serial = '01' }: ClientOptions = {}): Promise<Pair> {
    const x509 = await loadX509Library();
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: subject.map((field) => Object.fromEntries(Object.entries(field).map(([type, value]) => [type, [value]]))),
      issuer: new x509.X509Certificate(this.cert).subject,
      notBefore: new Date(Date.now() - 24 * HOUR_MS),
      notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey: new x509.PublicKey(publicKey.export({ type: 'spki', format: 'der' })),
      signingKey: await this.#signingKey(),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
        ...(san.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...san])]),
      ],
    });
    return { cert: certificate.toString('pem'), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  }

  /** A revocation list of these serial numbers; `nextUpdate` default: in an hour. */
  async crl(serials: readonly string[], nextUpdate: Date = new Date(Date.now() + HOUR_MS)): Promise<string> {
    const x509 = await loadX509Library();
    const list = await x509.X509CrlGenerator.create({
      issuer: new x509.X509Certificate(this.cert).subject,
      thisUpdate: new Date(Date.now() - 48 * HOUR_MS),
      nextUpdate,
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - HOUR_MS) })),
      signingAlgorithm: ALGORITHM,
      signingKey: await this.#signingKey(),
    });
    return `${list.toString('pem').replaceAll(' CRL-', ' X509 CRL-').replaceAll('X509 X509', 'X509')}\n`;
  }

  /** The rule by which `hosts` ask for members of this authority. */
  rule(hosts: readonly string[], options: Partial<ClientCertificateConfig> = {}): ClientCertificateConfig {
    return { hosts, mode: 'require', caFile: '/ca.pem', ca: this.cert, crl: null, headers: false, ...options };
  }

  async #signingKey(): Promise<webcrypto.CryptoKey> {
    return webcrypto.subtle.importKey('pkcs8', this.#key.export({ type: 'pkcs8', format: 'der' }), ALGORITHM, false, ['sign']);
  }
}
