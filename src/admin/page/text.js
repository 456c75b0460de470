const COUNT = new Intl.NumberFormat('en');
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

export function count(value) {
  return COUNT.format(value);
}

export function rate(perSecond) {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(perSecond < 1 ? 2 : 1) : COUNT.format(Math.round(perSecond));
}

export function percent(part, whole) {
  if (whole === 0) return '–';
  const value = (part / whole) * 100;
  if (value === 0) return '0 %';
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** For an axis. */
export function mark(ms) {
  if (ms === 0) return '0';
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

/** Milliseconds; below 0: nothing was measured. */
export function duration(ms) {
  if (ms < 0) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** How long something has been so, in its two largest units. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([length]) => seconds >= length);
  if (first === -1) return '0 s';
  return parts.slice(first, first + 2).flatMap(([length, unit], index) => {
    const value = Math.floor((index === 0 ? seconds : seconds % parts[first][0]) / length);
    return value === 0 ? [] : [`${value} ${unit}`];
  }).join(' ');
}

export function timeOfDay(ms) {
  return TIME.format(ms);
}

export function day(ms) {
  return DAY.format(ms);
}

export function routeName(route) {
  return route === '' ? '(no route)' : route;
}
