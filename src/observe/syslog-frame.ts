import type { SyslogTarget } from '../config/access-log-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Envelope } from './access-log.ts';
import { isoTime } from './log-time.ts';

const SEVERITY = { error: 3, warning: 4, informational: 6 };
const HOST_CHARS_MAX = 255;

/** Puts lines into messages of syslog (RFC 5424). Failures of ours are errors, those of clients warnings. */
export function createSyslogFrame({ facility, app }: Pick<SyslogTarget, 'facility' | 'app'>, host: string, clock: Clock): Envelope {
  const name = host.replaceAll(/[^!-~]/g, '').slice(0, HOST_CHARS_MAX);
  const rest = ` ${name === '' ? '-' : name} ${app} ${process.pid} access - `;
  return ({ status }, line) => {
    const severity = status >= 500 ? SEVERITY.error : status >= 400 ? SEVERITY.warning : SEVERITY.informational;
    return `<${facility * 8 + severity}>1 ${isoTime(clock.now())}${rest}${line}`;
  };
}
