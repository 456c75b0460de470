import type { IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Clock } from '../../lib/clock.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { request as requestPlain } from '../../lib/node-http.ts';

/** A set of 100 RSA keys with their certificates has some 300 KB. */
const BODY_BYTES_MAX = 512 * 1024;
const REDIRECTS_MAX = 3;
const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface FetchOptions {
  readonly timeoutMs: number;
  /** PEM; null: the well-known authorities. */
  readonly ca: string | null;
  readonly clock: Clock;
  /** Breaks it off. */
  readonly signal: AbortSignal;
}

interface Fetched {
  readonly text: string;
  /** How long it counts, as `Cache-Control` and `Age` say (RFC 9111 §4.2.1, §4.2.3); null where they do not. */
  readonly lifeMs: number | null;
}

/**
 * Gets a text over HTTP. Redirects are followed only where they stay on the same server: another one has not been named as trustworthy.
 * @throws Error in words
 */
export async function fetchKeySet(url: string, { timeoutMs, ca, clock, signal }: FetchOptions): Promise<Fetched> {
  const abort = new AbortController();
  try {
    return await withDeadline(clock, timeoutMs, follow(new URL(url), ca, AbortSignal.any([signal, abort.signal]), REDIRECTS_MAX));
  } finally {
    // Whatever is still open where the time was over.
    abort.abort();
  }
}

async function follow(url: URL, ca: string | null, signal: AbortSignal, redirectsLeft: number): Promise<Fetched> {
  const answer = await ask(url, ca, signal);
  const status = answer.statusCode ?? 0;
  if (REDIRECT_STATUS.has(status)) {
    answer.destroy();
    const target = URL.parse(answer.headers.location ?? '', url);
    if (target === null || target.origin !== url.origin) throw new Error(`it answered ${status} and sends to another server, which is not followed`);
    if (redirectsLeft === 0) throw new Error(`it sent on more than ${REDIRECTS_MAX} times`);
    return follow(target, ca, signal, redirectsLeft - 1);
  }
  if (status !== 200) {
    answer.destroy();
    throw new Error(`it answered ${status}`);
  }
  return { text: await textOf(answer), lifeMs: lifeOf(answer) };
}

async function ask(url: URL, ca: string | null, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // One connection each: minutes lie between two of them.
    const options = { agent: false, signal, headers: { accept: 'application/jwk-set+json, application/json' } };
    const request = url.protocol === 'https:' ? requestSecure(url, ca === null ? options : { ...options, ca }) : requestPlain(url, options);
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`its answer is longer than ${BODY_BYTES_MAX / 1024} KB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function lifeOf({ headers }: IncomingMessage): number | null {
  const control = headers['cache-control'] ?? '';
  if (/(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,;=])/i.test(control)) return 0;
  const seconds = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})/i.exec(control)?.[1];
  if (seconds === undefined) return null;
  const age = Number(headers.age ?? 0);
  return Math.max(0, Number(seconds) - (age > 0 ? age : 0)) * 1000;
}
