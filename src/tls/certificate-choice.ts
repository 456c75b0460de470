import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { CertificateEntry } from './material.ts';
import { tlsProfile } from './profile.ts';
import { normalizeName, wildcardOf } from './server-name.ts';

/** The client of a handshake under way, which is asked what it can verify. */
export type Client = Pick<TLSSocket, 'getSharedSigalgs'>;

/** One certificate of a name, and how the signature algorithms that verify it begin, as Node prints them. */
interface Candidate {
  readonly context: SecureContext;
  readonly keyType: string;
  readonly algorithmPrefix: string;
}

/** Cheapest for the server first; what few clients can verify comes last. */
const ALGORITHM_PREFIXES = new Map([
  ['ec', 'ECDSA+'],
  ['rsa', 'RSA'],
  ['rsa-pss', 'RSA-PSS+'],
  ['ed25519', 'Ed25519+'],
  ['ed448', 'Ed448+'],
]);
const PREFERENCE = [...ALGORITHM_PREFIXES.keys()];

/** Which certificate answers which server name. Made once for a set of certificates, then only read. */
export class CertificateChoice {
  /** All names of all certificates, addresses and wildcards included, as `normalizeName` writes them. */
  readonly names: ReadonlySet<string>;
  /** Profile and default certificate, of each key type there is: among these OpenSSL itself chooses. */
  readonly serverOptions: SecureContextOptions;
  /** By certificate and key. */
  readonly #candidates = new Map<string, Candidate>();
  readonly #byName: ReadonlyMap<string, readonly Candidate[]>;
  readonly #fallback: readonly Candidate[];

  /**
   * @param extra of every context, beside profile and certificate.
   * @param former with the same `extra`, whose contexts are used again: a new one costs 0.2 ms, and while a gateway with
   * a thousand certificates made them all anew, nobody would be served.
   * @throws OpenSSL's error if a certificate cannot be used, and Error if there is none.
   */
  constructor(entries: readonly CertificateEntry[], extra: SecureContextOptions = {}, former: CertificateChoice | null = null) {
    const [main] = entries;
    if (main === undefined) throw new Error('there is no certificate');
    const known = former === null ? new Map<string, Candidate>() : former.#candidates;
    for (const entry of entries) this.#candidates.set(idOf(entry), known.get(idOf(entry)) ?? candidateOf(entry, extra));
    this.#byName = candidatesByName(entries, this.#candidates);
    const mainCandidate = this.#candidates.get(idOf(main));
    this.#fallback = this.#byName.get(main.names[0] ?? '') ?? (mainCandidate === undefined ? [] : [mainCandidate]);
    this.names = new Set(this.#byName.keys());
    this.serverOptions = optionsOf(twinsOf(main, entries), extra);
  }

  /**
   * The context for a server name of RFC 6066: exact name, else wildcard over its first label, else the default.
   * Takes any text, because it comes from a stranger. Where a name has certificates of several key
   * types, it is the first that `client` can verify: of a chosen context Node shows only one.
   */
  choose(servername: string | undefined, client?: Client): SecureContext {
    const name = servername === undefined ? '' : normalizeName(servername);
    const candidates = this.#byName.get(name) ?? this.#byName.get(wildcardOf(name)) ?? this.#fallback;
    return pick(candidates, client).context;
  }
}

function pick(candidates: readonly Candidate[], client: Client | undefined): Candidate {
  const [first] = candidates;
  if (first === undefined) throw new Error('a name without a certificate');
  if (candidates.length === 1 || client === undefined) return first;
  const algorithms = client.getSharedSigalgs();
  return candidates.find(({ algorithmPrefix }) => algorithms.some((name) => name.startsWith(algorithmPrefix))) ?? first;
}

function candidatesByName(entries: readonly CertificateEntry[], candidates: ReadonlyMap<string, Candidate>): Map<string, readonly Candidate[]> {
  const byName = new Map<string, readonly Candidate[]>();
  for (const entry of entries) {
    const candidate = candidates.get(idOf(entry));
    if (candidate === undefined) continue;
    for (const name of entry.names) {
      const others = byName.get(name) ?? [];
      // Of two certificates of one type the first listed counts.
      if (others.some(({ keyType }) => keyType === candidate.keyType)) continue;
      byName.set(name, [...others, candidate].toSorted(byPreference));
    }
  }
  return byName;
}

function idOf({ cert, key }: CertificateEntry): string {
  return cert + key;
}

function candidateOf(entry: CertificateEntry, extra: SecureContextOptions): Candidate {
  return {
    context: createSecureContext(optionsOf([entry], extra)),
    keyType: entry.keyType,
    algorithmPrefix: ALGORITHM_PREFIXES.get(entry.keyType) ?? '',
  };
}

function byPreference(a: Candidate, b: Candidate): number {
  return PREFERENCE.indexOf(a.keyType) - PREFERENCE.indexOf(b.keyType);
}

/** An entry and, of each other key type, the first with the same first name. */
function twinsOf(main: CertificateEntry, entries: readonly CertificateEntry[]): CertificateEntry[] {
  const [name = ''] = main.names;
  const types = new Map([[main.keyType, main]]);
  for (const entry of entries) {
    if (entry.names.includes(name) && !types.has(entry.keyType)) types.set(entry.keyType, entry);
  }
  return [...types.values()];
}

function optionsOf(entries: readonly CertificateEntry[], extra: SecureContextOptions): SecureContextOptions {
  return { ...tlsProfile, ...extra, cert: entries.map((entry) => entry.cert), key: entries.map((entry) => entry.key) };
}
