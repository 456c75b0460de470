import { durationText } from '../admin/verdict.ts';
import type { RecentRequest } from '../observe/recent-request.ts';
import { plainText } from '../observe/safe-text.ts';
import { clockTime, type TerminalStyle } from '../observe/terminal-style.ts';
import { codePaint } from './status-paint.ts';

const TEXT_BYTES_MAX = 2000;
const GAP = '  ';

/** `12:03:04  502  GET   app.example.com/a?b=1  route  target  3.2 ms  upstream_reset  01HZ…`; `-` where there is nothing. */
export function requestLine(request: RecentRequest, style: TerminalStyle): string {
  const { time, status, method, host, path, route, target, requestMs, code, requestId, upgrade } = request;
  const paint = codePaint(status, style);
  return [
    style.faint(clockTime(Date.parse(time))),
    paint(String(status)),
    shown(method).padEnd(4),
    shown(host + path) + (upgrade === '' ? '' : ` (${shown(upgrade)})`),
    shown(route),
    shown(target),
    requestMs === null ? '-' : durationText(requestMs),
    code === '' ? '-' : paint(shown(code)),
    style.faint(shown(requestId)),
  ].join(GAP);
}

/** Clients choose what they send: no control character of theirs gets to the terminal. */
function shown(text: string): string {
  return text === '' ? '-' : plainText(text, TEXT_BYTES_MAX);
}
