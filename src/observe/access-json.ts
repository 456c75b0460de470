import type { LogField } from '../config/log-field.ts';
import { LOG_FIELDS } from '../config/log-field.ts';
import type { AccessRecord } from './access-record.ts';
import { isoTime } from './log-time.ts';
import type { Privacy } from './privacy.ts';
import { jsonText } from './safe-text.ts';

/** Below PIPE_BUF, so that a line reaches a pipe whole. */
const LINE_BYTES_MAX = 4000;
/** A line of so many characters is not longer than the bound in bytes, whatever they are. */
const LINE_CHARS_SAFE = 1300;
const HEADER_BYTES_MAX = 256;

/** A field with its comma and its name; '' where it does not exist for the request. @param cut divides every bound, by powers of two. */
type Writer = (record: AccessRecord, privacy: Privacy, cut: number) => string;

const WRITERS: Readonly<Record<LogField, Writer>> = {
  time: (record) => `,"time":"${isoTime(record.startedAtMs)}"`,
  requestId: (record, _privacy, cut) => `,"requestId":${jsonText(record.id, 128 >> cut)}`,
  trace: (record) => (record.traceId === '' ? '' : `,"trace":${jsonText(record.traceId, 64)}`),
  method: (record, privacy) => `,"method":${jsonText(privacy.word(record.method), 32)}`,
  scheme: (record) => `,"scheme":"${record.scheme}"`,
  host: (record, privacy, cut) => (record.host === '' ? '' : `,"host":${jsonText(privacy.host(record.host), 255 >> cut)}`),
  path: (record, privacy, cut) => `,"path":${jsonText(privacy.path(record), 1024 >> cut)}`,
  protocol: (record) => textField(',"protocol":', record.protocol, 16),
  tls: (record) => textField(',"tls":', record.tlsVersion, 16),
  status: (record) => `,"status":${record.status}`,
  code: (record) => textField(',"code":', record.errorCode, 48),
  reason: (record, privacy, cut) => (record.errorDetail === '' ? '' : `,"reason":${jsonText(privacy.reason(record), 384 >> cut)}`),
  client: (record, privacy) => (record.clientAddress === '' ? '' : `,"client":${jsonText(privacy.address(record.clientAddress), 64)}`),
  user: (record, privacy, cut) => (record.identity === null ? '' : textField(',"user":', privacy.text(record.identity.name), 128 >> cut)),
  auth: (record) => (record.identity === null ? '' : textField(',"auth":', record.identity.kind, 16)),
  route: (record, _privacy, cut) => textField(',"route":', record.routeId, 200 >> cut),
  upstream: (record, _privacy, cut) => textField(',"upstream":', record.upstream, 128 >> cut),
  target: (record, _privacy, cut) => textField(',"target":', record.target, 200 >> cut),
  attempts: (record) => (record.attempts > 0 ? `,"attempts":${record.attempts}` : ''),
  bytesIn: (record) => `,"bytesIn":${record.bytesIn}`,
  bytesOut: (record) => `,"bytesOut":${record.bytesOut}`,
  requestMs: (record) => durationField(',"requestMs":', record.totalMs),
  connectMs: (record) => durationField(',"connectMs":', record.connectMs),
  headMs: (record) => durationField(',"headMs":', record.headMs),
  responseMs: (record) => durationField(',"responseMs":', record.responseMs),
  userAgent: (record, privacy, cut) => (record.userAgent === '' ? '' : `,"userAgent":${jsonText(privacy.userAgent(record.userAgent), 256 >> cut)}`),
  referer: (record, privacy, cut) => (record.referer === '' ? '' : `,"referer":${jsonText(privacy.referer(record.referer), 384 >> cut)}`),
  upgrade: (record, privacy) => textField(',"upgrade":', privacy.word(record.upgrade), 32),
};

interface JsonOptions {
  readonly privacy: Privacy;
  /** Default: all. */
  readonly fields?: readonly LogField[];
  /** Request headers, in lower case. */
  readonly headers?: readonly string[];
}

/**
 * Makes of one request one line of JSON with its line feed. Built by hand because this is the path of every request:
 * test/bench/micro/log-line.bench.ts holds it against pino.
 */
export function createAccessJson({ privacy, fields = LOG_FIELDS, headers = [] }: JsonOptions): (record: AccessRecord) => string {
  const writers = fields.map((field) => WRITERS[field]);
  if (headers.length > 0) writers.push(headersWriter(headers));
  const render = (record: AccessRecord, cut: number): string => {
    let line = '';
    for (const write of writers) line += write(record, privacy, cut);
    return line === '' ? '{}\n' : `{${line.slice(1)}}\n`;
  };
  return (record) => {
    let line = render(record, 0);
    for (let cut = 1; line.length > LINE_CHARS_SAFE && Buffer.byteLength(line) > LINE_BYTES_MAX; cut += 1) line = render(record, cut);
    return line;
  };
}

function headersWriter(names: readonly string[]): Writer {
  return (record, privacy, cut) => {
    let list = '';
    for (const name of names) {
      const value = privacy.header(record, name);
      if (value !== null) list += `,${JSON.stringify(name)}:${jsonText(value, HEADER_BYTES_MAX >> cut)}`;
    }
    // Fifty names of headers alone could be too long: where nothing else helps, they go.
    return list === '' || cut > 6 ? '' : `,"headers":{${list.slice(1)}}`;
  };
}

function textField(prefix: string, text: string, bytesMax: number): string {
  return text === '' ? '' : prefix + jsonText(text, bytesMax);
}

function durationField(prefix: string, ms: number): string {
  return ms < 0 ? '' : prefix + Math.round(ms * 100) / 100;
}
