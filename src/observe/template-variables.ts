import { hostname } from 'node:os';
import type { LogVariable } from '../config/log-template.ts';
import type { AccessRecord } from './access-record.ts';
import { commonLogTime, localIsoTime } from './log-time.ts';
import type { Privacy } from './privacy.ts';

/** The value of a variable; null where there is none, which is not the same as an empty one. */
export type Variable = (record: AccessRecord, privacy: Privacy) => string | null;

const HOSTNAME = hostname();
const PID = String(process.pid);

/** What each variable means; those that nginx has, as nginx means them. */
export const VARIABLES: Readonly<Record<LogVariable, Variable>> = {
  args: (record, privacy) => someOf(privacy.query(record.query).slice(1)),
  attempts: (record) => String(record.attempts),
  auth: (record) => someOf(record.identity?.kind ?? ''),
  body_bytes_sent: (record) => String(record.bytesOut),
  document_uri: (record, privacy) => someOf(privacy.path({ path: record.path, query: '' })),
  error_code: (record) => someOf(record.errorCode),
  error_reason: (record, privacy) => someOf(privacy.reason(record)),
  host: (record, privacy) => someOf(privacy.host(record.host)),
  hostname: () => HOSTNAME,
  http2: (record) => (record.protocol !== 'HTTP/2' ? '' : record.scheme === 'https' ? 'h2' : 'h2c'),
  https: (record) => (record.scheme === 'https' ? 'on' : ''),
  is_args: (record) => (record.query.length > 1 ? '?' : ''),
  msec: (record) => seconds(Math.floor(endMs(record))),
  pid: () => PID,
  query_string: (record, privacy) => someOf(privacy.query(record.query).slice(1)),
  realip_remote_addr: (record, privacy) => someOf(privacy.address(record.peerAddress)),
  remote_addr: (record, privacy) => someOf(privacy.address(record.clientAddress)),
  remote_user: (record, privacy) => someOf(privacy.text(record.identity?.name ?? '')),
  request: (record, privacy) => (record.method === '' ? null : `${privacy.word(record.method)} ${privacy.target(record)} ${protocol(record)}`),
  request_id: (record) => someOf(record.id),
  request_length: (record) => String(requestLength(record)),
  request_method: (record, privacy) => someOf(privacy.word(record.method)),
  request_time: (record) => seconds(Math.max(0, Math.floor(record.totalMs))),
  request_uri: (record, privacy) => someOf(privacy.target(record)),
  route: (record) => someOf(record.routeId),
  scheme: (record) => record.scheme,
  server_name: (record, privacy) => someOf(privacy.host(record.host)),
  server_port: (record) => String(record.localPort),
  server_protocol: (record) => someOf(protocol(record)),
  ssl_protocol: (record) => someOf(record.tlsVersion),
  status: (record) => String(record.status).padStart(3, '0'),
  time_iso8601: (record) => localIsoTime(endMs(record)),
  time_local: (record) => commonLogTime(endMs(record)),
  trace_id: (record) => someOf(record.traceId),
  upstream_addr: (record) => someOf(record.target),
  upstream_connect_time: (record) => sinceAttempt(record, record.connectMs),
  upstream_header_time: (record) => sinceAttempt(record, record.headMs),
  upstream_name: (record) => someOf(record.upstream),
  upstream_response_time: (record) => sinceAttempt(record, record.responseMs),
  upstream_status: (record) => (record.headMs < 0 ? null : String(record.status)),
  uri: (record, privacy) => someOf(privacy.path({ path: record.path, query: '' })),
};

/** When the line is written; the record begins with the request. */
function endMs({ startedAtMs, totalMs }: AccessRecord): number {
  return startedAtMs + Math.max(0, totalMs);
}

function protocol({ protocol: name }: AccessRecord): string {
  return name === 'HTTP/2' ? 'HTTP/2.0' : name;
}

/** Of the last attempt alone, as nginx counts; the record counts from the beginning of the request. */
function sinceAttempt({ attemptMs }: AccessRecord, ms: number): string | null {
  return ms < 0 ? null : seconds(Math.max(0, Math.floor(ms - Math.max(0, attemptMs))));
}

/** Of a whole number of ms, with all three digits of the fraction. */
function seconds(ms: number): string {
  const rest = ms % 1000;
  return `${Math.floor(ms / 1000)}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}

/** Request line, head and what was read of the body to be sent on, as HTTP/1.1 writes them. */
function requestLength({ method, url, protocol: name, head: { rawHeaders }, bytesIn }: AccessRecord): number {
  let bytes = method.length + url.length + name.length + 6 + bytesIn;
  for (let i = 0; i < rawHeaders.length; i += 2) bytes += rawHeaders[i]!.length + rawHeaders[i + 1]!.length + 4;
  return method === '' ? 0 : bytes;
}

function someOf(text: string): string | null {
  return text === '' ? null : text;
}
