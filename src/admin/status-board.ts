import { parseObject } from './admin-client.ts';
import { hasMembers } from './answer-check.ts';
import type { ServerEvent } from './event-parser.ts';
import type { RouteHistory, RouteSecond, StatusSecond, StatusSnapshot, TrafficCount } from './status-source.ts';
import type { StatusView } from './status-view.ts';

/** Traffic of one route; of all of them, `route` is ''. */
export interface RouteRate {
  readonly route: string;
  /** Requests a second, over the last ten to twenty seconds. */
  readonly perSecond: number;
  readonly minute: TrafficCount;
}

/** Requests in the step that is being counted, and in the one before it. */
interface Counted {
  readonly before: number;
  readonly now: number;
  readonly minute: TrafficCount;
}

type Told<Traffic> = Partial<StatusView> & { readonly traffic: Traffic };

const SECTIONS = { verdict: 'object', gateway: 'object', routes: 'object', targets: 'object', certificates: 'object', errors: 'object' } as const;
const NOTHING: TrafficCount = { requests: 0, errors: 0, p50Ms: -1, p95Ms: -1 };

/** What the events of the status stream add up to. */
export class StatusBoard {
  #view: StatusView | null = null;
  #stepMs = 0;
  #stepStartMs = 0;
  #nowMs = 0;
  #all: Counted = { before: 0, now: 0, minute: NOTHING };
  #routes: ReadonlyMap<string, Counted> = new Map();

  /** @returns whether it has changed. */
  take({ name, data }: ServerEvent): boolean {
    const told = parseObject(data);
    if (name === 'snapshot' && isSnapshot(told)) {
      this.#begin(told);
      return true;
    }
    if (name !== 'second' || this.#view === null || !isSecond(told)) return false;
    this.#advance(told, this.#view);
    return true;
  }

  /** Null: nothing has been told yet. */
  get view(): StatusView | null {
    return this.#view;
  }

  /** Epoch milliseconds on the gateway's clock. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get all(): RouteRate {
    return this.#rateOf('', this.#all);
  }

  /** Those with requests in the last minute, the busiest first. */
  get routes(): RouteRate[] {
    const busy = [...this.#routes].filter(([, { minute }]) => minute.requests > 0).map(([route, counted]) => this.#rateOf(route, counted));
    return busy.toSorted((a, b) => b.perSecond - a.perSecond || b.minute.requests - a.minute.requests || (a.route < b.route ? -1 : 1));
  }

  #begin({ traffic, ...view }: StatusView & Told<StatusSnapshot>): void {
    this.#view = view;
    this.#stepMs = traffic.stepMs;
    this.#stepStartMs = traffic.stepStartMs;
    this.#nowMs = traffic.nowMs;
    this.#all = lastOf(traffic.all);
    this.#routes = new Map(traffic.routes.map((history) => [history.route, lastOf(history)]));
  }

  #advance({ traffic, ...changed }: Told<StatusSecond>, view: StatusView): void {
    // A clock that was set back ends no step.
    const steps = Math.max(0, Math.round((traffic.stepStartMs - this.#stepStartMs) / this.#stepMs));
    this.#view = { ...view, ...changed };
    this.#stepStartMs = traffic.stepStartMs;
    this.#nowMs = traffic.nowMs;
    this.#all = next(this.#all, traffic.all, steps);
    this.#routes = new Map(traffic.routes.map((second) => [second.route, next(this.#routes.get(second.route), second, steps)]));
  }

  #rateOf(route: string, { before, now, minute }: Counted): RouteRate {
    const startedMs = this.#view?.gateway.startedMs ?? 0;
    const elapsedMs = Math.max(Math.min(this.#nowMs - this.#stepStartMs + this.#stepMs, this.#nowMs - startedMs), 1000);
    return { route, perSecond: ((before + now) * 1000) / elapsedMs, minute };
  }
}

function lastOf({ requests, minute }: RouteHistory): Counted {
  return { before: requests.at(-2) ?? 0, now: requests.at(-1) ?? 0, minute };
}

function next(known: Counted | undefined, { step, minute }: RouteSecond, steps: number): Counted {
  const before = steps === 0 ? known?.before : steps === 1 ? known?.now : 0;
  return { before: before ?? 0, now: step.requests, minute };
}

function isSnapshot(told: object): told is StatusView & Told<StatusSnapshot> {
  return hasMembers<Told<StatusSnapshot>>(told, { ...SECTIONS, traffic: 'object' }) && hasMembers<StatusSnapshot>(told.traffic, { stepMs: 'number', stepStartMs: 'number', nowMs: 'number', all: 'object', routes: 'array' });
}

function isSecond(told: object): told is Told<StatusSecond> {
  return hasMembers<Told<StatusSecond>>(told, { traffic: 'object' }) && hasMembers<StatusSecond>(told.traffic, { stepStartMs: 'number', nowMs: 'number', all: 'object', routes: 'array' });
}
