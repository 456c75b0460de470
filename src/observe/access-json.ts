import type { AccessRecord } from './access-record.ts';
import { jsonText } from './safe-text.ts';
import { maskQuery, maskUrl } from './secret-mask.ts';

/**
 * One request as one line of JSON with its line feed. Built by hand because this is the path of every request:
 * test/bench/micro/log-line.bench.ts holds it against pino. The bounds below add up to less than PIPE_BUF, so
 * that a line reaches a pipe whole. Facts that do not exist are left out.
 */
export function accessJson(record: AccessRecord): string {
  return (
    `{"time":"${isoTime(record.startedAtMs)}","requestId":${jsonText(record.id, 128)}` +
    `,"method":${jsonText(record.method, 32)},"scheme":"${record.scheme}"` +
    textField(',"host":', record.host, 255) +
    `,"path":${jsonText(pathWithQuery(record), 1024)}` +
    textField(',"protocol":', record.protocol, 16) +
    textField(',"tls":', record.tlsVersion, 16) +
    `,"status":${record.status}` +
    textField(',"code":', record.errorCode, 48) +
    textField(',"reason":', record.errorDetail, 384) +
    textField(',"client":', record.clientAddress, 64) +
    textField(',"route":', record.routeId, 200) +
    textField(',"upstream":', record.upstream, 128) +
    textField(',"target":', record.target, 200) +
    (record.attempts > 0 ? `,"attempts":${record.attempts}` : '') +
    `,"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut}` +
    durationField(',"requestMs":', record.totalMs) +
    durationField(',"connectMs":', record.connectMs) +
    durationField(',"headMs":', record.headMs) +
    durationField(',"responseMs":', record.responseMs) +
    textField(',"userAgent":', record.userAgent, 256) +
    (record.referer === '' ? '' : `,"referer":${jsonText(maskUrl(record.referer), 384)}`) +
    textField(',"upgrade":', record.upgrade, 32) +
    '}\n'
  );
}

export function pathWithQuery(record: AccessRecord): string {
  return record.query === '' ? record.path : record.path + maskQuery(record.query);
}

function textField(prefix: string, text: string, bytesMax: number): string {
  return text === '' ? '' : prefix + jsonText(text, bytesMax);
}

function durationField(prefix: string, ms: number): string {
  return ms < 0 ? '' : prefix + Math.round(ms * 100) / 100;
}

let second = Number.NaN;
let secondText = '';

/** ISO 8601 in UTC with ms. Requests come in the order of time, so the text of a second is built once. */
function isoTime(epochMs: number): string {
  const wholeSecond = Math.floor(epochMs / 1000);
  if (wholeSecond !== second) {
    second = wholeSecond;
    secondText = new Date(wholeSecond * 1000).toISOString().slice(0, 20);
  }
  const ms = Math.floor(epochMs) - wholeSecond * 1000;
  return `${secondText}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}
