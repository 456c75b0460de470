import { AcmeError, type ChallengeType } from './acme-types.ts';

/** A proof that could not be given, or that the CA did not see: of one host in one way. */
export interface FailedChallenge {
  readonly host: string;
  readonly type: ChallengeType;
  readonly error: AcmeError;
}

/** An order that failed at its proofs, which says more of this gateway, or of DNS, than of the CA. */
export class ChallengeError extends AcmeError {
  readonly failed: readonly FailedChallenge[];

  constructor(caName: string, failed: readonly FailedChallenge[]) {
    const words = failed.map(({ host, type, error }) => `${host} (${type}): ${error.message}`);
    const [first] = failed;
    super(`${caName}: ${words.join('; ')}`, first?.error.type ?? '', first?.error.retryAfterMs ?? null, { cause: first?.error });
    this.failed = failed;
  }
}
