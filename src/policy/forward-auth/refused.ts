import type { AuthAnswer } from './auth-call.ts';

/** Answers that are for the client: it may sign in, elsewhere or here, or may not come in at all. */
const FOR_CLIENTS = new Set([301, 302, 303, 307, 308, 401, 403]);
/** What a client needs of them. Everything else belongs to a connection, or to the service alone. */
const PASSED_ON = new Set([
  'cache-control', 'content-encoding', 'content-language', 'content-security-policy', 'content-type', 'expires', 'location', 'pragma',
  'set-cookie', 'www-authenticate',
]);

/** A no of the service as the client gets it. */
interface Refusal {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Null: it is not an answer for clients. */
export function refusalOf({ status, rawHeaders, body }: AuthAnswer): Refusal | null {
  if (!FOR_CLIENTS.has(status)) return null;
  const headers: string[] = [];
  let isUnsaid = true;
  let hasLocation = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!PASSED_ON.has(name)) continue;
    headers.push(rawHeaders[i]!, rawHeaders[i + 1]!);
    if (name === 'cache-control') isUnsaid = false;
    if (name === 'location') hasLocation = true;
  }
  if (status < 400 && !hasLocation) return null;
  // Another client, or this one when it has signed in, is to get another answer.
  return { status, headers: isUnsaid ? [...headers, 'Cache-Control', 'no-store'] : headers, body };
}
