import type { TargetStatus } from '../admin/services.ts';
import type { Verdict } from '../admin/verdict.ts';
import type { Paint, TerminalStyle } from '../observe/terminal-style.ts';

const IN_BETWEEN: ReadonlySet<TargetStatus['state']> = new Set<TargetStatus['state']>(['slow-start', 'half-open', 'draining']);

/** A colour says nothing that does not stand there as a word. */
export function statePaint(state: TargetStatus['state'], style: TerminalStyle): Paint {
  if (state === 'up') return style.good;
  return IN_BETWEEN.has(state) ? style.warning : style.bad;
}

export function levelPaint(level: Verdict['up']['level'], style: TerminalStyle): Paint {
  if (level === 'good') return style.good;
  return level === 'warning' ? style.warning : style.bad;
}

/** Of a status of HTTP. */
export function codePaint(status: number, style: TerminalStyle): Paint {
  if (status >= 500) return style.bad;
  if (status >= 400) return style.warning;
  return status >= 300 ? style.notable : style.good;
}
