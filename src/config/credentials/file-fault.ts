/** What is wrong in one line of a file of credentials. Never repeats anything of the line: it may hold a password. */
export interface LineFault {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** More faults than this are counted. */
const FAULTS_SHOWN_MAX = 5;

/** A file of credentials that cannot be used, and all the reasons. */
export class CredentialFileError extends Error {
  override readonly name = 'CredentialFileError';
  readonly faults: readonly LineFault[];

  constructor(faults: readonly LineFault[]) {
    const shown = faults.slice(0, FAULTS_SHOWN_MAX).map(({ line, message }) => `line ${line}: ${message}`);
    const more = faults.length - shown.length;
    super(`${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`);
    this.faults = faults;
  }
}

/**
 * Reads a file line by line, without empty lines and comments.
 * @param read @throws RangeError with a sentence that repeats nothing of the line.
 * @throws CredentialFileError with all lines that cannot be read.
 */
export function readLines<T>(text: string, read: (line: string) => T): T[] {
  const faults: LineFault[] = [];
  const found: T[] = [];
  for (const [index, raw] of text.replace(/^\uFEFF/, '').split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      found.push(read(line));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      faults.push({ line: index + 1, message: error.message });
    }
  }
  if (faults.length > 0) throw new CredentialFileError(faults);
  return found;
}
