import type { Readable } from 'node:stream';
import type { HealthConfig, TargetConfig } from '../config/upstream-config.ts';
import type { Regex } from '../lib/regex.ts';
import { maskUrl } from '../observe/secret-mask.ts';
import { connectionErrorWords } from './check-dialer.ts';
import type { CheckResult } from './check-runs.ts';

/** How much of an answer is looked at. */
const BODY_BYTES_MAX = 65_536;

/** Judges the status and, where that is asked for, the body of the answer to a check. */
export function judge(status: number, response: Readable, health: HealthConfig, pattern: Regex | null, done: (result: CheckResult) => void): void {
  const found = answerText(status, health);
  if (!health.statuses.some(([from, to]) => status >= from && status <= to)) {
    done({ isGood: false, text: found });
    return;
  }
  if (pattern === null) {
    done({ isGood: true, text: found });
    return;
  }
  const decide = (body: Buffer): void => {
    const isGood = pattern.test(body.subarray(0, BODY_BYTES_MAX).toString());
    done({ isGood, text: isGood ? found : `${found}, but its body does not match` });
  };
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= BODY_BYTES_MAX) decide(Buffer.concat(chunks));
  });
  response.on('end', () => decide(Buffer.concat(chunks)));
  response.on('error', (error) => done({ isGood: false, text: `${found}, but then ${connectionErrorWords(error)}` }));
}

/** `200 from /health`, for log and status: a query may hold a token. */
export function answerText(status: number, { path }: Pick<HealthConfig, 'path'>): string {
  return `${status} from ${maskUrl(path)}`;
}

/** The Host that requests to the target carry where a route says `target`. */
export function checkAuthority({ host, port, secure, path }: TargetConfig): string {
  if (path !== null) return 'localhost';
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 0 || port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}
