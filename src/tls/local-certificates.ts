import { isIP } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { parseCertificate } from './certificate-entry.ts';
import { openLocalCa, type LocalCa } from './local-ca.ts';
import { openLocalLeaf, renewalTimeMs } from './local-leaf.ts';
import type { CertificateEntry, LocalCaInfo, TlsLogger } from './material.ts';
import { isCovered } from './server-name.ts';

/** What a developer types first. Addresses share this certificate, because a client that connects to one sends no name. */
export const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

/** A certificate near its end is looked at hourly, not continuously. */
const RENEWAL_PAUSE_MS = 3_600_000;

export interface LocalSet {
  readonly entries: readonly CertificateEntry[];
  readonly localCa: LocalCaInfo | null;
  /** When to ask for it again because a certificate has a third of its life left; Infinity: never. */
  readonly renewAtMs: number;
}

export const NO_LOCAL_CERTIFICATES: LocalSet = { entries: [], localCa: null, renewAtMs: Infinity };

/** Certificates of the local CA, which is opened, or made, when the first one is needed. */
export class LocalCertificates {
  readonly #dir: string;
  readonly #services: { readonly clock: Clock; readonly logger: TlsLogger };
  readonly #leaves = new Map<string, CertificateEntry>();
  #ca: LocalCa | null = null;

  constructor(dir: string, services: { readonly clock: Clock; readonly logger: TlsLogger }) {
    this.#dir = dir;
    this.#services = services;
  }

  /**
   * Certificates for `missing`, one a name, and for this machine. What was opened before is used again until
   * it is to be renewed.
   *
   * @param covered names of other certificates.
   * @throws CertificateError if the stored CA is damaged.
   */
  async serve(missing: readonly string[], covered: ReadonlySet<string>): Promise<LocalSet> {
    const nowMs = this.#services.clock.now();
    const ca = await this.#openCa(nowMs);
    const entries: CertificateEntry[] = [];
    for await (const entry of inTurn(groupNames(missing, covered), async (request) => this.#leaf(ca, request, nowMs))) entries.push(entry);
    return {
      entries,
      localCa: { cert: ca.cert, file: ca.store?.certFile ?? null },
      renewAtMs: Math.max(nowMs + RENEWAL_PAUSE_MS, Math.min(...entries.map(renewalTimeOf))),
    };
  }

  async #openCa(nowMs: number): Promise<LocalCa> {
    const isDue = [...this.#leaves.values()].some((entry) => renewalTimeOf(entry) <= nowMs);
    if (this.#ca !== null && !isDue) return this.#ca;
    this.#leaves.clear();
    this.#ca = await openLocalCa(this.#dir, this.#services);
    return this.#ca;
  }

  async #leaf(ca: LocalCa, { label, names }: LeafRequest, nowMs: number): Promise<CertificateEntry> {
    const id = names.join(',');
    const known = this.#leaves.get(id);
    if (known !== undefined && renewalTimeOf(known) > nowMs) return known;
    const entry = await openLocalLeaf(ca, label, names, this.#services);
    this.#leaves.set(id, entry);
    return entry;
  }
}

interface LeafRequest {
  readonly label: string;
  readonly names: readonly string[];
}

/** One certificate a name, so that adding a route touches no other and no client learns of other hosts. */
function groupNames(missing: readonly string[], covered: ReadonlySet<string>): LeafRequest[] {
  const local = new Set([...LOCAL_NAMES.filter((name) => !covered.has(name)), ...missing.filter((name) => isIP(name) !== 0)]);
  const wildcards = new Set(missing.filter((name) => name.startsWith('*.')));
  const alone = missing.filter((name) => !local.has(name) && (wildcards.has(name) || !isCovered(name, wildcards)));
  const requests = alone.map((name) => ({ label: name, names: [name] }));
  return local.size === 0 ? requests : [{ label: 'localhost', names: [...local] }, ...requests];
}

/** When a certificate of the local CA is made anew, in epoch milliseconds. */
export function renewalTimeOf(entry: CertificateEntry): number {
  const certificate = parseCertificate(entry.cert);
  return certificate === null ? 0 : renewalTimeMs(certificate);
}

/** One after the other: hundreds of hosts must not open hundreds of files at once. */
async function* inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (const item of items) yield work(item);
}
