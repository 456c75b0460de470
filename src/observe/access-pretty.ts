import type { AccessRecord } from './access-record.ts';
import type { Privacy } from './privacy.ts';
import { plainText } from './safe-text.ts';
import { clockTime, type Paint, type TerminalStyle } from './terminal-style.ts';

/** One request for people: `12:03:04 GET  200   3.2ms https://localhost/path → demo 127.0.0.1:9001`. */
export function accessPretty(record: AccessRecord, style: TerminalStyle, privacy: Privacy): string {
  const url = plainText(`${record.scheme}://${privacy.host(record.host)}${privacy.path(record)}`, 1280);
  const upgrade = record.upgrade === '' ? '' : ` (${plainText(privacy.word(record.upgrade), 32)})`;
  const head = `${style.faint(clockTime(record.startedAtMs))} ${plainText(privacy.word(record.method), 32).padEnd(4)}`;
  const status = statusPaint(record.status, style)(String(record.status));
  const duration = style.faint(durationText(record.totalMs).padStart(7));
  return `${head} ${status} ${duration} ${url}${upgrade}${destinationText(record, style)}${reasonText(record, style, privacy)}\n`;
}

function destinationText(record: AccessRecord, style: TerminalStyle): string {
  if (record.upstream === '') return '';
  const target = record.target === '' ? '' : ` ${plainText(record.target, 200)}`;
  const tries = record.attempts > 1 ? ` (${record.attempts} tries)` : '';
  return style.faint(` → ${plainText(record.upstream, 128)}${target}${tries}`);
}

function reasonText(record: AccessRecord, style: TerminalStyle, privacy: Privacy): string {
  if (record.errorCode === '') return '';
  const detail = record.errorDetail === '' ? '' : `: ${plainText(privacy.reason(record), 384)}`;
  return ` ${statusPaint(record.status, style)(record.errorCode + detail)}`;
}

function statusPaint(status: number, style: TerminalStyle): Paint {
  if (status >= 500) return style.bad;
  if (status >= 400) return style.warning;
  return status >= 300 ? style.notable : style.good;
}

/** Three digits are what an eye compares: `3.2ms`, `320ms`, `3.2s`, `5m20s`. */
function durationText(ms: number): string {
  if (ms < 0) return '-';
  if (ms < 100) return `${ms.toFixed(1)}ms`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
