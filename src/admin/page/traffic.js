const FIELDS = ['requests', 'errors', 'p50Ms', 'p95Ms'];
const HOUR_MS = 3_600_000;
const NOTHING = { requests: 0, errors: 0, p50Ms: -1, p95Ms: -1 };

/** The last hour in steps, kept up to date by what each second brings. */
export class Traffic {
  #snapshot = null;
  #routes = new Map();

  load(snapshot) {
    this.#snapshot = snapshot;
    this.#routes = new Map(snapshot.routes.map((history) => [history.route, history]));
  }

  advance({ stepStartMs, nowMs, all, routes }) {
    const snapshot = this.#snapshot;
    const { stepMs } = snapshot;
    const stepsMax = Math.round(HOUR_MS / stepMs);
    // A clock that was set back ends no step.
    const steps = Math.max(0, Math.min(Math.round((stepStartMs - snapshot.stepStartMs) / stepMs), stepsMax));
    snapshot.stepStartMs = stepStartMs;
    snapshot.nowMs = nowMs;
    for (const { route } of routes) if (!this.#routes.has(route)) this.#routes.set(route, this.#empty(route));
    for (const history of [snapshot.all, ...this.#routes.values()]) {
      for (const field of FIELDS) for (let step = 0; step < steps; step += 1) push(history[field], NOTHING[field], stepsMax);
      history.minute = NOTHING;
    }
    apply(snapshot.all, all);
    for (const second of routes) apply(this.#routes.get(second.route), second);
  }

  get nowMs() {
    return this.#snapshot.nowMs;
  }

  /** Routes that had requests in the last hour, or have been counted before. */
  get routes() {
    return [...this.#routes.keys()];
  }

  /** Null: all routes together. */
  minuteOf(route) {
    return this.#historyOf(route).minute;
  }

  /** Columns for plots: seconds, requests a second, share of errors in percent, p50 and p95 in ms; null where there is nothing. */
  columnsOf(route) {
    const { stepMs, stepStartMs, nowMs } = this.#snapshot;
    const { requests, errors, p50Ms, p95Ms } = this.#historyOf(route);
    const last = requests.length - 1;
    // The newest step is not over: its requests came in the part of it that is.
    const lengthOf = (index) => (index === last ? Math.max(nowMs - stepStartMs, 1000) : stepMs) / 1000;
    return {
      times: requests.map((_, index) => (stepStartMs - (last - index) * stepMs) / 1000),
      rates: requests.map((count, index) => count / lengthOf(index)),
      shares: requests.map((count, index) => (count === 0 ? null : (errors[index] / count) * 100)),
      p50: p50Ms.map((value) => (value < 0 ? null : value)),
      p95: p95Ms.map((value) => (value < 0 ? null : value)),
    };
  }

  #historyOf(route) {
    return route === null ? this.#snapshot.all : (this.#routes.get(route) ?? this.#empty(route));
  }

  #empty(route) {
    const { length } = this.#snapshot.all.requests;
    const columns = FIELDS.map((field) => [field, Array.from({ length }, () => NOTHING[field])]);
    return { route, minute: NOTHING, ...Object.fromEntries(columns) };
  }
}

function push(values, value, max) {
  values.push(value);
  if (values.length > max) values.shift();
}

function apply(history, { step, minute }) {
  for (const field of FIELDS) history[field][history[field].length - 1] = step[field];
  history.minute = minute;
}
