import type { Clock } from '../lib/clock.ts';
import type { FileProblem } from './file-certificates.ts';
import { renewalTimeOf } from './local-certificates.ts';
import type { ManagedCertificate } from './managed-certificate.ts';
import type { CertificateEntry } from './material.ts';

/** One certificate of the gateway, or one that is to come, for people. Times as ISO 8601. */
export interface CertificateStatus {
  readonly names: readonly string[];
  readonly source: 'file' | 'acme' | 'local-ca';
  /** Where it was read from or is kept; null: in the store of ACME, or only in memory. */
  readonly file: string | null;
  /** Null while there is none. */
  readonly issuer: string | null;
  readonly notAfter: string | null;
  /** When the next one is fetched, and why then. `at` is null where nobody can know. */
  readonly renewal: { readonly at: string | null; readonly why: string };
  /** Since when clients wait for it, and are shown a local certificate or refused; null: it is there. */
  readonly pendingSince: string | null;
  /** Why there is no newer one; null: nothing is wrong. */
  readonly lastError: { readonly text: string; readonly at: string; readonly nextAttempt: string | null } | null;
}

export function fileStatus(entry: CertificateEntry, problem: FileProblem | null): CertificateStatus {
  return {
    ...common(entry),
    renewal: { at: null, why: 'when its file changes' },
    pendingSince: null,
    lastError: problem === null ? null : { text: problem.text, at: isoDate(problem.atMs), nextAttempt: null },
  };
}

export function localStatus(entry: CertificateEntry): CertificateStatus {
  return { ...common(entry), renewal: { at: isoDate(renewalTimeOf(entry)), why: 'two thirds of its lifetime' }, pendingSince: null, lastError: null };
}

export function acmeStatus(certificate: ManagedCertificate, clock: Clock): CertificateStatus {
  const { names, entry, renewal, pendingSinceMs, isOrdering, failure } = certificate;
  const nextAttemptMs = failure === null ? 0 : clock.now() + Math.max(failure.retryAtMonotonicMs - clock.monotonicMs(), 0);
  const dueMs = Math.max(renewal?.renewAtMs ?? 0, nextAttemptMs);
  return {
    ...(entry === null ? { source: 'acme', file: null, issuer: null, notAfter: null } : common(entry)),
    names,
    renewal: {
      at: isOrdering || dueMs <= clock.now() ? isoDate(clock.now()) : isoDate(dueMs),
      why: isOrdering ? 'an order is running' : (renewal?.reason ?? 'there is none yet'),
    },
    pendingSince: pendingSinceMs === null ? null : isoDate(pendingSinceMs),
    lastError: failure === null ? null : { text: failure.text, at: isoDate(failure.atMs), nextAttempt: isoDate(nextAttemptMs) },
  };
}

function common({ names, source, file, issuer, notAfterMs }: CertificateEntry): Pick<CertificateStatus, 'names' | 'source' | 'file' | 'issuer' | 'notAfter'> {
  return { names, source, file, issuer, notAfter: isoDate(notAfterMs) };
}

/** Certificates can hold dates that JavaScript has no text for. */
function isoDate(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : '';
}
