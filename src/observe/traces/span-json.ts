import type { Privacy } from '../privacy.ts';
import type { AccessRecord } from '../access-record.ts';
import { OUTCOMES } from '../metrics/outcome.ts';
import { jsonText } from '../safe-text.ts';
import type { AttemptTrace, Trace } from './trace.ts';

/** What spans tell of a request, when it has ended. */
export interface TracedRecord extends AccessRecord {
  readonly trace: Trace | null;
  /** As the client named it; null: the port of the scheme. */
  readonly hostPort: number | null;
}

/** Of OTLP: opentelemetry/proto/trace/v1/trace.proto. */
const KIND_SERVER = 2;
const KIND_CLIENT = 3;
const STATUS_ERROR = 2;
/** Bounds of texts, so that a span has one: about 6 KB. */
const PATH_BYTES_MAX = 1024;
const TEXT_BYTES_MAX = 256;
/** Those that a backend can group by (HTTP semantic conventions, `http.request.method`). */
const METHODS_KNOWN: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'QUERY']);
/** What policies have decided: `sluice.rate_limit`, `sluice.api_key` and so on. */
const OUTCOME_NAMES: ReadonlyMap<string, string> = new Map(Object.keys(OUTCOMES).map((kind) => [kind, `sluice.${kind.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`]));

/**
 * A recorded request as spans in the JSON of OTLP, with commas between them: its own, as a server, and one for each attempt, as
 * a client. The names are those of OpenTelemetry's semantic conventions for HTTP, and `sluice.…` for what they do not know.
 *
 * @param attempts of its trace. @param withUser `enduser.id` may be told.
 */
export function spansJson(record: TracedRecord, trace: Trace, attempts: readonly AttemptTrace[], privacy: Privacy, withUser: boolean): string {
  const { startedAtMs, totalMs } = record;
  let spans = span(trace, privacy, {
    spanId: trace.spanId, parentSpanId: trace.parentSpanId, kind: KIND_SERVER, startMs: startedAtMs, endMs: startedAtMs + Math.max(totalMs, 0),
    name: record.routeId === '' ? spanMethod(record.method) : `${spanMethod(record.method)} ${record.routeId}`,
    attributes: serverAttributes(record, trace, privacy, withUser), events: '', isError: isFault(record.status, record.errorCode),
  });
  for (let i = 0; i < attempts.length; i += 1) spans += `,${attemptSpan(record, trace, attempts[i]!, i, privacy)}`;
  return spans;
}

function attemptSpan(record: TracedRecord, trace: Trace, attempt: AttemptTrace, index: number, privacy: Privacy): string {
  const { start, connectMs, headMs, endMs, errorCode } = attempt;
  const beganMs = record.startedAtMs;
  const lastMs = endMs < 0 ? Math.max(record.totalMs, start.startMs) : endMs;
  const events = [...event('connected', connectMs, beganMs), ...event('head', headMs, beganMs)].join(',');
  return span(trace, privacy, {
    spanId: attempt.spanId, parentSpanId: trace.spanId, kind: KIND_CLIENT, startMs: beganMs + start.startMs, endMs: beganMs + lastMs,
    name: spanMethod(record.method), attributes: attemptAttributes(record, attempt, index, privacy), events,
    // As a client, whatever is not answered as it should be is an error (HTTP semantic conventions, "Status").
    isError: errorCode !== '' || attempt.status >= 400,
  });
}

interface Span {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: string;
  readonly events: string;
  readonly isError: boolean;
}

function span({ id, flags, state }: Trace, privacy: Privacy, { spanId, parentSpanId, kind, name, startMs, endMs, attributes, events, isError }: Span): string {
  return (
    `{"traceId":"${privacy.hexId(id)}","spanId":"${spanId}"${parentSpanId === '' ? '' : `,"parentSpanId":"${privacy.hexId(parentSpanId)}"`},"flags":${flags}` +
    `${state === '' ? '' : `,"traceState":${jsonText(privacy.text(state), 512)}`},"name":${jsonText(name, TEXT_BYTES_MAX)},"kind":${kind}` +
    `,"startTimeUnixNano":"${nanos(startMs)}","endTimeUnixNano":"${nanos(endMs)}","attributes":[${attributes}]` +
    `${events === '' ? '' : `,"events":[${events}]`}${isError ? `,"status":{"code":${STATUS_ERROR}}` : ''}}`
  );
}

function serverAttributes(record: TracedRecord, trace: Trace, privacy: Privacy, withUser: boolean): string {
  const { status, identity, errorCode, tlsVersion, scheme } = record;
  let text =
    methodAttributes(record.method, privacy) +
    `,${attribute('url.scheme', scheme, 8)}` +
    optional('url.path', privacy.path({ path: record.path, query: '' }), PATH_BYTES_MAX) +
    optional('url.query', privacy.query(record.query).slice(1), PATH_BYTES_MAX) +
    optional('http.route', record.routeId, TEXT_BYTES_MAX) +
    optional('server.address', privacy.host(record.host), TEXT_BYTES_MAX) +
    `,${number('server.port', record.hostPort ?? (scheme === 'https' ? 443 : 80))}` +
    optional('network.protocol.version', record.protocol.slice(record.protocol.indexOf('/') + 1), 8) +
    optional('client.address', privacy.address(record.clientAddress), 64) +
    optional('user_agent.original', privacy.userAgent(record.userAgent), TEXT_BYTES_MAX) +
    optional('tls.protocol.version', tlsVersion.replace('TLSv', ''), 16) +
    (status > 0 ? `,${number('http.response.status_code', status)}` : '') +
    optional('error.type', errorCode !== '' ? errorCode : status >= 500 ? String(status) : '', 48) +
    `,${attribute('sluice.request_id', record.id, 128)}` +
    optional('sluice.upstream', record.upstream, TEXT_BYTES_MAX) +
    optional('sluice.target', record.target, TEXT_BYTES_MAX) +
    `,${number('sluice.attempts', record.attempts)},${number('sluice.bytes_in', record.bytesIn)},${number('sluice.bytes_out', record.bytesOut)}` +
    optional('sluice.upgrade', privacy.word(record.upgrade), 32);
  if (errorCode === 'rate_limited') text += ',{"key":"sluice.rate_limited","value":{"boolValue":true}}';
  if (identity !== null) text += `,${attribute('sluice.auth', identity.kind, 32)}`;
  if (withUser && identity !== null) text += optional('enduser.id', privacy.text(identity.name), TEXT_BYTES_MAX);
  for (const { kind, outcome } of trace.decisions) text += `,${attribute(OUTCOME_NAMES.get(kind) ?? kind, outcome, 32)}`;
  return text;
}

function attemptAttributes(record: TracedRecord, { start, status, errorCode, isHedge, endMs }: AttemptTrace, index: number, privacy: Privacy): string {
  const { host, port, secure, isH2 } = start;
  const path = privacy.path({ path: start.path, query: '' });
  const authority = `${host.includes(':') ? `[${host}]` : host}${port === 0 ? '' : `:${port}`}`;
  return (
    methodAttributes(record.method, privacy) +
    `,${attribute('url.full', `${secure ? 'https' : 'http'}://${authority}${path}`, PATH_BYTES_MAX)}` +
    `,${attribute('server.address', host, TEXT_BYTES_MAX)}` +
    (port === 0 ? '' : `,${number('server.port', port)}`) +
    `,${attribute('network.protocol.version', isH2 ? '2' : '1.1', 8)}` +
    (status > 0 ? `,${number('http.response.status_code', status)}` : '') +
    optional('error.type', errorCode !== '' ? errorCode : status >= 400 ? String(status) : '', 48) +
    (index > 0 && !isHedge ? `,${number('http.request.resend_count', index)}` : '') +
    optional('sluice.upstream', record.upstream, TEXT_BYTES_MAX) +
    optional('sluice.target', start.member, TEXT_BYTES_MAX) +
    (isHedge ? ',{"key":"sluice.hedge","value":{"boolValue":true}}' : '') +
    // Its answer was not needed any more: another one was there first, or the client has gone.
    (status === 0 && errorCode === '' && endMs >= 0 ? ',{"key":"sluice.cancelled","value":{"boolValue":true}}' : '')
  );
}

function methodAttributes(method: string, privacy: Privacy): string {
  if (METHODS_KNOWN.has(method)) return attribute('http.request.method', method, 16);
  return `${attribute('http.request.method', '_OTHER', 16)},${attribute('http.request.method_original', privacy.word(method), 32)}`;
}

function spanMethod(method: string): string {
  return METHODS_KNOWN.has(method) ? method : 'HTTP';
}

/** As a server, only what is not the client's doing is an error; an answer may also break off behind a good status. */
function isFault(status: number, code: string): boolean {
  return status >= 500 || (code !== '' && status < 400 && !code.startsWith('client_'));
}

function optional(key: string, value: string, bytesMax: number): string {
  return value === '' ? '' : `,${attribute(key, value, bytesMax)}`;
}

function attribute(key: string, value: string, bytesMax: number): string {
  return `{"key":"${key}","value":{"stringValue":${jsonText(value, bytesMax)}}}`;
}

/** 64-bit integers are texts in the JSON of protobuf. */
function number(key: string, value: number): string {
  return `{"key":"${key}","value":{"intValue":"${value}"}}`;
}

function event(name: string, ms: number, beganMs: number): string[] {
  return ms < 0 ? [] : [`{"timeUnixNano":"${nanos(beganMs + ms)}","name":"${name}"}`];
}

/** Epoch milliseconds as nanoseconds; a double holds the microseconds of these exactly. */
function nanos(epochMs: number): string {
  return `${Math.round(epochMs * 1000)}000`;
}
