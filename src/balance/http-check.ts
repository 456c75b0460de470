import type { HealthConfig, TargetConfig, UpstreamTlsConfig } from '../config/upstream-config.ts';
import { request } from '../lib/node-http.ts';
import { compileRegex } from '../lib/regex.ts';
import { answerText, checkAuthority, judge } from './check-answer.ts';
import { connectionErrorWords, createCheckDialer } from './check-dialer.ts';
import type { Check } from './check-runs.ts';
import type { MemberSpec } from './member.ts';

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
    outgoing.on('response', (response) => judge(response.statusCode ?? 0, response, health, pattern, done));
    outgoing.on('upgrade', () => done({ isGood: false, text: answerText(101, health) }));
    outgoing.on('error', (error) => done({ isGood: false, text: connectionErrorWords(error) }));
    outgoing.end();
    return () => {
      outgoing.destroy();
      socket.destroy();
    };
  };
}

/** Names and values in turn, as the request carries them; what is configured goes before what we would send. */
function headersOf(target: TargetConfig, health: HealthConfig): string[] {
  const own: readonly (readonly [name: string, value: string])[] = [
    ['Host', health.host ?? checkAuthority(target)],
    ['User-Agent', 'sluice-health'],
    ['Accept', '*/*'],
    ['Accept-Encoding', 'identity'],
    ['Connection', 'close'],
  ];
  const given = new Set(health.headers.map(([name]) => name.toLowerCase()));
  return [...own.filter(([name]) => !given.has(name.toLowerCase())), ...health.headers].flat();
}
