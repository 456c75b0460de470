import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { HealthConfig, TargetConfig, UpstreamTlsConfig } from '../config/upstream-config.ts';
import { compileRegex } from '../lib/regex.ts';
import { checkAuthority, judge } from './check-answer.ts';
import { connectionErrorWords, createCheckDialer } from './check-dialer.ts';
import type { Check } from './check-runs.ts';
import type { MemberSpec } from './member.ts';

/**
 * The same question as over HTTP/1.1, asked of a member that speaks HTTP/2. One connection per check.
 *
 * @throws Error where `health.body` is no RE2 pattern.
 */
export function createH2Check(member: MemberSpec, tls: UpstreamTlsConfig, health: HealthConfig): Check {
  // Loaded where such a check is configured: the main thread needs HTTP/2 for nothing else, and it takes 8 ms of every start.
  const { connect } = process.getBuiltinModule('node:http2');
  const dial = createCheckDialer(member, tls, health.port, 'h2');
  const headers = headersOf(member.target, health);
  const pattern = health.body === null ? null : compileRegex(health.body);
  return (done) => {
    const fail = (error: Error): void => done({ isGood: false, text: connectionErrorWords(error) });
    const socket = dial();
    const session = connect('http://check', { createConnection: () => socket, settings: { enablePush: false } });
    session.on('error', fail);
    session.on('close', () => fail(new Error('closed without an answer')));
    session.once('connect', () => {
      if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') fail(new Error('the target did not agree to HTTP/2 (ALPN)'));
    });
    const stream = session.request(headers, { endStream: true });
    // Before there is a connection Node tells of its failure as the cause.
    stream.on('error', (error: Error) => fail(error.cause instanceof Error ? error.cause : error));
    stream.on('response', (head: IncomingHttpHeaders) => judge(Number(head[':status'] ?? 0), stream, health, pattern, done));
    return () => {
      session.destroy();
      socket.destroy();
    };
  };
}

/** What is configured goes before what we would send; Host becomes :authority. */
function headersOf(target: TargetConfig, health: HealthConfig): OutgoingHttpHeaders {
  const given = Object.fromEntries(health.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const { host, connection: _connection, ...fields } = given;
  return {
    'user-agent': 'sluice-health',
    'accept': '*/*',
    'accept-encoding': 'identity',
    ...fields,
    ':method': 'GET',
    ':scheme': target.secure ? 'https' : 'http',
    ':authority': health.host ?? host ?? checkAuthority(target),
    ':path': health.path,
  };
}
