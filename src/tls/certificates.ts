import { isIP } from 'node:net';
import type { CertificateFiles, TlsConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import { parseCertificate } from './certificate-entry.ts';
import { CertificateError, type CertificateProblem } from './certificate-error.ts';
import { readCertificateFiles } from './certificate-files.ts';
import { openLocalCa } from './local-ca.ts';
import { openLocalLeaf, renewalTimeMs } from './local-leaf.ts';
import type { CertificateEntry, TlsLogger, TlsMaterial } from './material.ts';
import { isCovered, normalizeName } from './server-name.ts';

/** What a developer types first. Addresses share this certificate, because a client that connects to one sends no name. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

/** A certificate near its end is looked at hourly, not continuously. */
const RENEWAL_PAUSE_MS = 3_600_000;

interface LoadCertificatesOptions {
  readonly tls: TlsConfig;
  /** Host names of the routes, `*.` and addresses included. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

/**
 * Everything the HTTPS listeners need: the configured certificate files, and certificates of the local CA for
 * the hosts no file covers. Where files cover all hosts there is no local CA. Safe to call again at
 * any time: it reads the files anew and renews what is due.
 *
 * @throws CertificateError with all that is wrong in the configured files, or in the stored local CA.
 */
export async function loadCertificates(options: LoadCertificatesOptions): Promise<TlsMaterial> {
  const { tls, clock, logger } = options;
  const entries = await readAllFiles(tls.certificates, clock.now(), logger);
  const fileNames = new Set(entries.flatMap((entry) => entry.names));
  const missing = missingNames(options.names, fileNames, logger);
  if (entries.length > 0 && missing.length === 0) return { entries, localCa: null, renewAtMs: null };

  const ca = await openLocalCa(tls.storeDir, { clock, logger });
  const local: CertificateEntry[] = [];
  const requests = groupNames(missing, fileNames);
  for await (const entry of inTurn(requests, async ({ label, names }) => openLocalLeaf(ca, label, names, { clock, logger }))) {
    local.push(entry);
  }
  return {
    entries: [...entries, ...local],
    localCa: { cert: ca.cert, file: ca.store?.certFile ?? null },
    renewAtMs: Math.max(clock.now() + RENEWAL_PAUSE_MS, Math.min(...local.map(renewalTimeOf))),
  };
}

async function readAllFiles(files: readonly CertificateFiles[], nowMs: number, logger: TlsLogger): Promise<CertificateEntry[]> {
  const entries: CertificateEntry[] = [];
  const problems: CertificateProblem[] = [];
  for (const result of await Promise.allSettled(files.map(async (pair) => readCertificateFiles(pair, nowMs, logger)))) {
    if (result.status === 'fulfilled') entries.push(result.value);
    else if (result.reason instanceof CertificateError) problems.push(...result.reason.problems);
    else throw result.reason;
  }
  if (problems.length > 0) throw new CertificateError(problems);
  return entries;
}

function missingNames(hosts: readonly string[], covered: ReadonlySet<string>, logger: TlsLogger): string[] {
  const missing = new Set<string>();
  for (const host of hosts) {
    const name = normalizeName(host);
    if (name === '') logger.warn('a host of a route is not a host name; it gets no certificate', { host });
    else if (!isCovered(name, covered)) missing.add(name);
  }
  return [...missing];
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

function renewalTimeOf(entry: CertificateEntry): number {
  const certificate = parseCertificate(entry.cert);
  return certificate === null ? 0 : renewalTimeMs(certificate);
}

/** One after the other: hundreds of hosts must not open hundreds of files at once. */
async function* inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (const item of items) yield work(item);
}
