/** What a client has shown of itself in the TLS handshake, true for as long as its connection lives. */
export interface ClientCertificate {
  /** Key of the rule (`request/client-rules.ts`) by which it was asked for and judged. */
  readonly rule: string;
  readonly verdict: 'SUCCESS' | 'NONE' | 'FAILED';
  /** OpenSSL's name of what is wrong, for the log; '' where nothing is. */
  readonly fault: string;
  /** RFC 4514, ASCII; '' without a certificate, and where it is too long for a header. */
  readonly subject: string;
  /** As Node prints it: `DNS:a.example, URI:spiffe://b`. ASCII; '' without one, and where it is too long for a header. */
  readonly san: string;
  /** SHA-256, 64 digits in lower case. */
  readonly fingerprint: string;
  /** Its end, in epoch milliseconds; Infinity without a certificate. */
  readonly notAfterMs: number;
}

/** Headers that tell an upstream who the client is, names and values in turn. `null`: nobody could be asked. */
export function clientCertificateHeaders(client: ClientCertificate | null): string[] {
  if (client === null || client.verdict !== 'SUCCESS') return ['X-Client-Verify', client?.verdict ?? 'NONE'];
  const subject = client.subject === '' ? [] : ['X-Client-Cert-Subject', client.subject];
  const san = client.san === '' ? [] : ['X-Client-Cert-San', client.san];
  return ['X-Client-Verify', 'SUCCESS', ...subject, ...san, 'X-Client-Cert-Fingerprint', client.fingerprint];
}
