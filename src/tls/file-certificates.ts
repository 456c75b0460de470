import { createHash } from 'node:crypto';
import type { CertificateFiles } from '../config/tls-config.ts';
import type { Clock } from '../lib/clock.ts';
import { FileWatch } from '../lib/file-watch.ts';
import { CertificateError, type CertificateProblem } from './certificate-error.ts';
import { readCertificateFiles } from './certificate-files.ts';
import type { CertificateEntry, TlsLogger } from './material.ts';
import { readPemFile } from './pem-file.ts';

interface Services {
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

interface Pair {
  readonly files: CertificateFiles;
  /** The last one that was good. */
  entry: CertificateEntry;
  /** What was last read, good or bad, so that a bad file is reported once. */
  digest: string;
  problem: FileProblem | null;
}

/** Why the files as they are now are not used. */
export interface FileProblem {
  readonly text: string;
  readonly atMs: number;
}

/** The configured certificates: all good at the start, then read again whenever their folders change; a bad one never replaces a good one. */
export class FileCertificates {
  readonly #services: Services;
  readonly #pairs: readonly Pair[];
  #checking: Promise<boolean> = Promise.resolve(false);
  #watch: FileWatch | null = null;

  /** @throws CertificateError with all that is wrong in any of them. */
  static async open(all: readonly CertificateFiles[], services: Services): Promise<FileCertificates> {
    const pairs: Pair[] = [];
    const problems: CertificateProblem[] = [];
    const { clock, logger } = services;
    for (const result of await Promise.allSettled(all.map(async (files): Promise<Pair> => {
      const digest = await digestOf(files);
      return { files, digest, entry: await readCertificateFiles(files, clock.now(), logger), problem: null };
    }))) {
      if (result.status === 'fulfilled') pairs.push(result.value);
      else if (result.reason instanceof CertificateError) problems.push(...result.reason.problems);
      else throw result.reason;
    }
    if (problems.length > 0) throw new CertificateError(problems);
    return new FileCertificates(pairs, services);
  }

  private constructor(pairs: readonly Pair[], services: Services) {
    this.#pairs = pairs;
    this.#services = services;
  }

  /** In the order of the configuration. */
  get entries(): readonly CertificateEntry[] {
    return this.#pairs.map(({ entry }) => entry);
  }

  problemOf(entry: CertificateEntry): FileProblem | null {
    return this.#pairs.find((pair) => pair.entry === entry)?.problem ?? null;
  }

  /** @param onChange told when a new certificate was read. */
  watch(onChange: () => void): void {
    if (this.#pairs.length === 0) return;
    const { clock, logger } = this.#services;
    this.#watch?.close();
    this.#watch = new FileWatch({
      clock,
      onHint: () => void this.#look(onChange),
      onDeaf: (reason) => {
        if (reason !== null) logger.warn('not all certificate files can be watched; a new one may be used 5 s late', { reason });
      },
    });
    this.#watch.use(this.#pairs.flatMap(({ files }) => [files.certFile, files.keyFile]));
  }

  /** Reads what is not as it was. @returns whether an entry is a new one. */
  async check(): Promise<boolean> {
    this.#checking = this.#checking.catch(() => false).then(async () => {
      const changes = await Promise.all(this.#pairs.map(async (pair) => this.#checkOne(pair)));
      return changes.includes(true);
    });
    return this.#checking;
  }

  async #look(onChange: () => void): Promise<void> {
    try {
      if (await this.check()) onChange();
    } catch (error) {
      this.#services.logger.warn('certificate files cannot be looked at', { error });
    }
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  async #checkOne(pair: Pair): Promise<boolean> {
    const { clock, logger } = this.#services;
    const digest = await digestOf(pair.files);
    if (digest === pair.digest) return false;
    pair.digest = digest;
    try {
      const entry = await readCertificateFiles(pair.files, clock.now(), logger);
      pair.problem = null;
      if (entry.cert === pair.entry.cert && entry.key === pair.entry.key) return false;
      pair.entry = entry;
      logger.info('a new certificate was read', { file: pair.files.certFile, names: entry.names, notAfter: new Date(entry.notAfterMs).toISOString() });
      return true;
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      pair.problem = { text: error.message, atMs: clock.now() };
      logger.warn('a new certificate file is refused; the certificate of before goes on', { file: pair.files.certFile, reason: error.message });
      return false;
    }
  }
}

/** Of both files, or of what prevents reading them. */
async function digestOf({ certFile, keyFile }: CertificateFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const result of await Promise.allSettled([readPemFile(certFile), readPemFile(keyFile)])) {
    hash.update(result.status === 'fulfilled' ? `text ${result.value.text}` : `error ${String(result.reason)}`).update('\0');
  }
  return hash.digest('base64');
}
