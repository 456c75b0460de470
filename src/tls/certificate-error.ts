/** A file, and what is wrong with it and would be right, as one sentence without the file's name. */
export interface CertificateProblem {
  readonly file: string;
  readonly text: string;
}

/** Certificates that cannot be used. Holds every problem found, not the first. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly problems: readonly CertificateProblem[];

  constructor(problems: readonly CertificateProblem[], options?: ErrorOptions) {
    super(problems.map(({ file, text }) => `${file}: ${text}`).join('\n'), options);
    this.problems = problems;
  }
}

/** A `CertificateError` about one file. */
export function certificateError(file: string, text: string, cause?: unknown): CertificateError {
  return new CertificateError([{ file, text }], { cause });
}
