import { duration, mark, percent, rate, timeOfDay } from './text.js';
import { setText } from './table.js';

const HOUR_S = 3600;
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const FONT = '11px system-ui, sans-serif';
const STEPS_PER_PAGE = 30;

const byId = (id) => document.getElementById(id);

/** Colours of the style sheet, which are others in the dark. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function axis(values) {
  return { stroke: () => colour('--soft'), font: FONT, grid: { stroke: () => colour('--line'), width: 1 }, ticks: { show: false }, values };
}

/** A value between two steps without any is no line: it is drawn as a point. */
function lonely(plot, at) {
  const values = plot.data[at];
  return values.flatMap((value, index) => (value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null ? [index] : []));
}

/** @param series name of colour and dash of each line. @param least what the axis reaches up to at least. */
function makePlot(id, series, least, textOf) {
  const element = byId(id);
  const options = {
    width: Math.max(element.clientWidth, 100), height: element.clientHeight,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, sync: { key: 'plots' }, y: false, points: { size: 6 } },
    padding: [8, 8, 0, 0],
    scales: {
      x: { time: true, range: (_plot, _min, max) => [max - HOUR_S, max] },
      y: { range: (_plot, _min, max) => [0, Math.max(least, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis((_plot, splits) => splits.map((seconds) => TIME.format(seconds * 1000))), space: 60, size: 24 },
      { ...axis((_plot, splits) => splits.map(textOf)), space: 28, size: 52 },
    ],
    series: [{}, ...series.map(({ stroke, dash, fill }) => ({
      stroke: () => colour(stroke), width: 1.5, points: { show: false, filter: lonely, size: 4, fill: () => colour(stroke) }, ...(dash && { dash }), ...(fill && { fill: () => colour(fill) }),
    }))],
  };
  return new uPlot(options, [[], ...series.map(() => [])], element);
}

/** Three plots over one time, and what they say where the cursor is. */
export class Charts {
  #plots;
  #columns = null;
  #index = null;

  constructor() {
    this.#plots = {
      requests: makePlot('plot-requests', [{ stroke: '--line-1', fill: '--fill-1' }], 1, rate),
      errors: makePlot('plot-errors', [{ stroke: '--line-bad', fill: '--fill-bad' }], 5, (value) => `${value} %`),
      latency: makePlot('plot-latency', [{ stroke: '--line-1' }, { stroke: '--line-2', dash: [5, 3] }], 10, mark),
    };
    const all = Object.values(this.#plots);
    const resize = () => {
      for (const plot of all) {
        const { clientWidth: width, clientHeight: height } = plot.root.parentElement;
        if (width !== plot.width || height !== plot.height) plot.setSize({ width, height });
      }
    };
    new ResizeObserver(resize).observe(byId('plots'));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      for (const plot of all) plot.redraw(false);
    });
    all[0].hooks.setCursor = [(plot) => this.#read(plot.cursor.idx ?? null)];
    byId('plots').addEventListener('keydown', (event) => this.#onKey(event));
  }

  show({ times, rates, shares, p50, p95 }, minute, name) {
    this.#columns = { times, rates, shares, p50, p95 };
    const { requests, errors, latency } = this.#plots;
    requests.setData([times, rates]);
    errors.setData([times, shares]);
    latency.setData([times, p50, p95]);
    const now = { requests: `${rate(minute.requests / 60)}/s`, errors: percent(minute.errors, minute.requests), p50: duration(minute.p50Ms), p95: duration(minute.p95Ms) };
    for (const [key, text] of Object.entries(now)) setText(byId(`now-${key}`), text);
    const words = { requests: now.requests, errors: now.errors, latency: `p50 ${now.p50}, p95 ${now.p95}` };
    for (const [key, text] of Object.entries(words)) byId(`plot-${key}`).setAttribute('aria-label', `${key} of ${name} over the last hour; last minute: ${text}`);
    this.#say();
  }

  #onKey(event) {
    const last = (this.#columns?.times.length ?? 0) - 1;
    const at = this.#index ?? last;
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - STEPS_PER_PAGE, PageDown: at + STEPS_PER_PAGE, Home: 0, End: last, Escape: null };
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    const index = moves[event.key];
    const within = index === null ? null : Math.min(Math.max(index, 0), last);
    for (const plot of Object.values(this.#plots)) {
      const left = within === null ? -10 : plot.valToPos(this.#columns.times[within], 'x');
      plot.setCursor({ left, top: within === null ? -10 : 1 });
    }
    this.#read(within);
  }

  #read(index) {
    this.#index = index;
    this.#say();
  }

  #say() {
    const columns = this.#columns;
    const index = this.#index;
    if (columns === null || index === null || columns.times[index] === undefined) {
      setText(byId('reading'), '');
      return;
    }
    const share = columns.shares[index];
    const parts = [
      `${rate(columns.rates[index])} requests/s`,
      ...(share === null ? [] : [`errors ${percent(share, 100)}`]),
      ...(columns.p95[index] === null ? [] : [`p50 ${duration(columns.p50[index])}`, `p95 ${duration(columns.p95[index])}`]),
    ];
    setText(byId('reading'), `${timeOfDay(columns.times[index] * 1000)}: ${parts.join(', ')}`);
  }
}
