import type { ListenAddress } from '../config/config.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import { askAdmin, parseObject, unusableAnswer } from './admin-client.ts';

/** Asks the Sluice that listens there for its certificates. Throws AdminClientError where no usable answer comes. */
export async function getCertificates(address: ListenAddress, token: string | null = null): Promise<readonly CertificateStatus[]> {
  const answer = await askAdmin(address, { method: 'GET', path: '/certificates', token });
  const { certificates } = parseObject(answer.body) as { certificates?: unknown };
  if (answer.status !== 200 || !Array.isArray(certificates) || !certificates.every(isStatus)) throw unusableAnswer(address, 'does not tell its certificates', answer);
  return certificates;
}

/**
 * Orders a certificate for a host now. @returns until when it is valid; null: the order is still running.
 * Throws AdminClientError with the reason where it cannot be had.
 */
export async function postRenewal(address: ListenAddress, host: string, token: string | null = null): Promise<string | null> {
  const answer = await askAdmin(address, { method: 'POST', path: '/certificates/renew', token, content: { host } });
  const { notAfter } = parseObject(answer.body) as { notAfter?: unknown };
  if (answer.status === 202) return null;
  if (answer.status === 200 && typeof notAfter === 'string') return notAfter;
  throw unusableAnswer(address, 'did not renew it', answer);
}

/** Enough to tell Sluice from something else that listens there; its own answers are believed. */
function isStatus(value: unknown): value is CertificateStatus {
  return typeof value === 'object' && value !== null
    && 'names' in value && Array.isArray(value.names) && 'source' in value && typeof value.source === 'string'
    && 'renewal' in value && typeof value.renewal === 'object' && value.renewal !== null;
}
