import { parseBytes } from '../lib/bytes.ts';

const BUFFER_BYTES_MIN = 64 * 1024;
const BUFFER_BYTES_MAX = 1024 ** 3;

/** @throws RangeError where a buffer for log lines would be too small for a burst, or too large for a machine */
export function checkLogBuffer(text: string): void {
  const bytes = parseBytes(text);
  if (bytes < BUFFER_BYTES_MIN || bytes > BUFFER_BYTES_MAX) throw new RangeError(`\`${text}\` is out of range: from 64KB to 1GB`);
}

/** @throws RangeError where the text is no APP-NAME (RFC 5424 section 6.2.5) */
export function checkSyslogName(text: string): void {
  if (!/^[!-~]{1,48}$/.test(text)) throw new RangeError('APP-NAME of syslog has 1 to 48 visible ASCII characters');
}

/** @throws RangeError where the text cannot stand in brackets in the place of what it masks */
export function checkMaskName(text: string): void {
  if (!/^[A-Za-z0-9_-]{1,30}$/.test(text)) throw new RangeError(`\`${text}\` is not a name: at most 30 letters, digits, \`_\` and \`-\``);
}
