import { request, type IncomingMessage } from 'node:http';
import type { HealthConfig, TargetConfig, UpstreamTlsConfig } from '../config/upstream-config.ts';
import { compileRegex, type Regex } from '../lib/regex.ts';
import { connectionErrorWords, createCheckDialer } from './check-dialer.ts';
import type { Check, CheckResult } from './check-runs.ts';
import type { MemberSpec } from './member.ts';

/** How much of an answer is looked at. */
const BODY_BYTES_MAX = 65_536;

/**
 * Asks a member with GET and judges status and body. A redirect is an answer like any other and is not
 * followed. One connection per check, so that it also shows whether the member still takes them.
 *
 * @throws Error where `health.body` is no RE2 pattern.
 */
export function createHttpCheck(member: MemberSpec, tls: UpstreamTlsConfig, health: HealthConfig): Check {
  const dial = createCheckDialer(member, tls, health.port);
  const headers = headersOf(member.target, health);
  const pattern = health.body === null ? null : compileRegex(health.body);
  return (done) => {
    const socket = dial();
    const outgoing = request({ method: 'GET', path: health.path, headers, createConnection: () => socket });
    outgoing.on('response', (response) => judge(response, health, pattern, done));
    outgoing.on('upgrade', () => done({ isGood: false, text: `101 from ${health.path}` }));
    outgoing.on('error', (error) => done({ isGood: false, text: connectionErrorWords(error) }));
    outgoing.end();
    return () => {
      outgoing.destroy();
      socket.destroy();
    };
  };
}

function judge(response: IncomingMessage, health: HealthConfig, pattern: Regex | null, done: (result: CheckResult) => void): void {
  const { statusCode: status = 0 } = response;
  const found = `${status} from ${health.path}`;
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

/** Names and values in turn, as the request carries them; what is configured goes before what we would send. */
function headersOf(target: TargetConfig, health: HealthConfig): string[] {
  const own: readonly (readonly [name: string, value: string])[] = [
    ['Host', health.host ?? authorityOf(target)],
    ['User-Agent', 'sluice-health'],
    ['Accept', '*/*'],
    ['Accept-Encoding', 'identity'],
    ['Connection', 'close'],
  ];
  const given = new Set(health.headers.map(([name]) => name.toLowerCase()));
  return [...own.filter(([name]) => !given.has(name.toLowerCase())), ...health.headers].flat();
}

/** The Host that requests to the target carry where a route says `target`. */
function authorityOf({ host, port, secure, path }: TargetConfig): string {
  if (path !== null) return 'localhost';
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 0 || port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}
