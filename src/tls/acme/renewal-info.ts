import { X509Certificate } from 'node:crypto';
import { loadX509Library } from '../x509-library.ts';
import type { RenewalWindow } from './acme-types.ts';
import { fieldOf, retryAfterMs, textOf } from './answer.ts';
import type { AcmeClient } from './client.ts';

/** RFC 9773, 4.3.2: how long to wait where the CA does not say, or says what cannot be right. */
const ASK_AGAIN_MS = 6 * 3_600_000;
const ASK_AGAIN_MS_MIN = 60_000;
const ASK_AGAIN_MS_MAX = 86_400_000;

/**
 * The identifier of a certificate for its CA's planning (RFC 9773, 4.1): authority key identifier and
 * serial number as base64url, with a dot between. Null where the certificate names no authority key.
 */
export async function renewalId(cert: string): Promise<string | null> {
  const x509 = await loadX509Library();
  const authority = new x509.X509Certificate(cert).getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  if (authority === undefined) return null;
  return `${Buffer.from(authority, 'hex').toString('base64url')}.${serialBytes(cert).toString('base64url')}`;
}

/**
 * When the CA wants a certificate renewed (RFC 9773, 4.2). Null where it offers no such plan, or
 * one that cannot be right.
 *
 * @throws AcmeError
 */
export async function readRenewalWindow(client: AcmeClient, cert: string): Promise<RenewalWindow | null> {
  const resource = await client.resource('renewalInfo');
  const id = resource === null ? null : await renewalId(cert);
  if (resource === null || id === null) return null;
  const answer = await client.get(`${resource.replace(/\/$/, '')}/${id}`);
  const suggested = fieldOf(answer.data, 'suggestedWindow');
  const startMs = Date.parse(textOf(suggested, 'start'));
  const endMs = Date.parse(textOf(suggested, 'end'));
  if (!(startMs < endMs)) return null;
  const askAgainMs = retryAfterMs(answer, client.clock.now()) ?? ASK_AGAIN_MS;
  return {
    startMs,
    endMs,
    askAgainMs: Math.min(Math.max(askAgainMs, ASK_AGAIN_MS_MIN), ASK_AGAIN_MS_MAX),
    explanationUrl: textOf(answer.data, 'explanationURL') || null,
  };
}

/** The number as DER writes it: a leading zero where the first bit would make it negative. */
function serialBytes(cert: string): Buffer {
  const digits = new X509Certificate(cert).serialNumber;
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return Buffer.from(/^[89a-f]/i.test(even) ? `00${even}` : even, 'hex');
}
