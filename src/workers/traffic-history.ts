import type { CodeCount, RouteHistory, RouteSecond, StatusSecond, StatusSnapshot, StatusSource } from '../admin/status-source.ts';
import { WORKER_METRICS } from '../observe/metrics/catalogue.ts';
import type { Sample } from '../observe/metrics/sample.ts';
import { OTHERS } from '../observe/metrics/worker-metrics.ts';
import { CodeTraffic, RouteTraffic, STEP_MS, STEPS, Tally } from './route-traffic.ts';

/** Routes, and pairs of route and code, with a history of their own; those beyond are counted together. */
const ROUTES_MAX = 200;
const CODES_MAX = 500;
/** Longest list of codes that is answered. */
const CODES_TOLD_MAX = 200;
const REFUSED_CODE = 'connection_refused';

interface Counted {
  readonly route: string;
  readonly code: string;
  readonly traffic: CodeTraffic;
}

/** The traffic of the last hour, in memory: made of what the metrics have counted, once a second. */
export class TrafficHistory implements StatusSource {
  readonly #all = new RouteTraffic();
  readonly #routes = new Map<string, RouteTraffic>();
  readonly #codes = new Map<string, Counted>();
  readonly #listeners = new Set<(second: StatusSecond) => void>();
  /** What had been counted a second ago, by route, and by route and code. */
  #before: ReadonlyMap<string, Tally> = new Map();
  #codesBefore: ReadonlyMap<string, number> = new Map();
  #second = 0;
  /** Steps that have ended. */
  #ended = 0;
  #stepStartMs: number;
  #nowMs: number;

  /** @param nowMs epoch milliseconds. */
  constructor(nowMs: number) {
    this.#nowMs = nowMs;
    this.#stepStartMs = stepOf(nowMs);
  }

  snapshot(): StatusSnapshot {
    return {
      stepMs: STEP_MS,
      stepStartMs: this.#stepStartMs,
      nowMs: this.#nowMs,
      all: this.#historyOf('', this.#all),
      routes: [...this.#routes].map(([route, traffic]) => this.#historyOf(route, traffic)),
      codes: this.#codeCounts(),
    };
  }

  onSecond(listener: (second: StatusSecond) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called once a second with all that has been counted so far. */
  take(totals: Iterable<Sample>, nowMs: number): void {
    this.#second += 1;
    this.#nowMs = nowMs;
    this.#moveTo(stepOf(nowMs));
    const { byRoute, byCode } = counted(totals);
    this.#takeRoutes(byRoute);
    this.#takeCodes(byCode);
    if (this.#listeners.size === 0) return;
    const second = this.#toldSecond();
    for (const listener of this.#listeners) listener(second);
  }

  /** A clock that was set forward leaves steps empty, one that was set back makes the present one longer. */
  #moveTo(stepStartMs: number): void {
    const steps = Math.round((stepStartMs - this.#stepStartMs) / STEP_MS);
    if (steps < 0 && steps > -STEPS) return;
    this.#stepStartMs = stepStartMs;
    for (let i = 0; i < Math.min(Math.abs(steps), STEPS); i += 1) this.#endStep();
  }

  #endStep(): void {
    for (const traffic of [this.#all, ...this.#routes.values()]) traffic.endStep(this.#ended);
    this.#ended += 1;
    for (const { traffic } of this.#codes.values()) traffic.beginStep(this.#ended);
    for (const [key, { traffic }] of this.#codes) if (traffic.lastHour === 0) this.#codes.delete(key);
    // Whoever has been quiet for an hour makes room; that is looked at seldom, because it takes a look at all steps.
    if (this.#ended % STEPS !== 0) return;
    for (const [route, traffic] of this.#routes) if (traffic.isIdle) this.#routes.delete(route);
  }

  #takeRoutes(now: ReadonlyMap<string, Tally>): void {
    const all = new Tally();
    const changes = new Map<string, Tally>();
    for (const [route, tally] of now) {
      const change = new Tally();
      change.addChange(this.#before.get(route), tally);
      // A route that nobody asks for takes no room from one that somebody does.
      if (change.isEmpty && !this.#routes.has(route)) continue;
      all.add(change);
      const place = this.#placeOf(route);
      const known = changes.get(place);
      if (known === undefined) changes.set(place, change);
      else known.add(change);
    }
    for (const [route, traffic] of this.#routes) traffic.take(changes.get(route) ?? new Tally(), this.#second);
    this.#all.take(all, this.#second);
    this.#before = now;
  }

  #takeCodes(now: ReadonlyMap<string, number>): void {
    const changes = new Map<string, number>();
    for (const [key, count] of now) {
      const change = Math.max(0, count - (this.#codesBefore.get(key) ?? 0));
      const place = change === 0 ? key : this.#placeOfCode(key);
      changes.set(place, (changes.get(place) ?? 0) + change);
    }
    for (const [key, { traffic }] of this.#codes) traffic.take(changes.get(key) ?? 0, this.#second, this.#ended);
    this.#codesBefore = now;
  }

  /** Both make room where there is none yet. */
  #placeOf(route: string): string {
    const place = this.#routes.has(route) || this.#routes.size < ROUTES_MAX ? route : OTHERS;
    if (!this.#routes.has(place)) this.#routes.set(place, new RouteTraffic());
    return place;
  }

  #placeOfCode(key: string): string {
    const [route = '', code = ''] = key.split('\n');
    const isOwn = this.#codes.has(key) || this.#codes.size < CODES_MAX;
    const place = isOwn ? key : codeKey(OTHERS, code);
    if (!this.#codes.has(place)) this.#codes.set(place, { route: isOwn ? route : OTHERS, code, traffic: new CodeTraffic() });
    return place;
  }

  #historyOf(route: string, traffic: RouteTraffic): RouteHistory {
    return { route, ...traffic.steps(this.#ended, Math.min(this.#ended, STEPS - 1)), minute: traffic.minute };
  }

  #toldSecond(): StatusSecond {
    const routes = [...this.#routes].map(([route, traffic]): RouteSecond => ({ route, step: traffic.step, minute: traffic.minute }));
    return {
      stepStartMs: this.#stepStartMs,
      nowMs: this.#nowMs,
      all: { route: '', step: this.#all.step, minute: this.#all.minute },
      routes: routes.filter(({ minute }) => minute.requests > 0),
      codes: this.#codeCounts(),
    };
  }

  #codeCounts(): CodeCount[] {
    const counts = [...this.#codes.values()].map(({ route, code, traffic }) => ({ route, code, lastMinute: traffic.lastMinute, lastHour: traffic.lastHour }));
    return counts.toSorted((a, b) => b.lastMinute - a.lastMinute || b.lastHour - a.lastHour).slice(0, CODES_TOLD_MAX);
  }
}

function stepOf(nowMs: number): number {
  return Math.floor(nowMs / STEP_MS) * STEP_MS;
}

/** Ids of routes have no line breaks. */
function codeKey(route: string, code: string): string {
  return `${route}\n${code}`;
}

function counted(totals: Iterable<Sample>): { readonly byRoute: ReadonlyMap<string, Tally>; readonly byCode: ReadonlyMap<string, number> } {
  const byRoute = new Map<string, Tally>();
  const byCode = new Map<string, number>();
  for (const { metric, labels, values } of totals) {
    // They get no answer, and are told among the limits all the same.
    if (metric === WORKER_METRICS.refusedConnections) byCode.set(codeKey('', REFUSED_CODE), values[0] ?? 0);
    if (metric !== WORKER_METRICS.requests && metric !== WORKER_METRICS.duration) continue;
    const [route = '', , , statusClass, code = ''] = labels;
    const tally = byRoute.get(route) ?? new Tally();
    byRoute.set(route, tally);
    if (metric === WORKER_METRICS.duration) {
      tally.addDurations(values);
      continue;
    }
    const count = values[0] ?? 0;
    tally.addRequests(count, statusClass === '5xx');
    if (code !== '') byCode.set(codeKey(route, code), (byCode.get(codeKey(route, code)) ?? 0) + count);
  }
  return { byRoute, byCode };
}
