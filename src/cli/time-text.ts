const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** How long something has lasted, in its two largest units: `12 s`, `5 min`, `3 h 20 min`, `4 d 2 h`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return pair(seconds, HOUR_S, 'h', MINUTE_S, 'min');
  return pair(seconds, DAY_S, 'd', HOUR_S, 'h');
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** `2026-01-31T12:34:56.789Z` → `2026-01-31 12:34Z`; `-` for ''. */
export function minuteText(iso: string): string {
  return iso === '' ? '-' : `${iso.slice(0, -8).replace('T', ' ')}Z`;
}
