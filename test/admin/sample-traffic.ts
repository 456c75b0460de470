import type { CodeCount, RouteHistory, RouteSecond, StatusSecond, StatusSnapshot, StatusSource, TrafficCount } from '../../src/admin/status-source.ts';

const STEP_MS = 10_000;
const STEPS = 360;
export const QUIET: TrafficCount = { requests: 0, errors: 0, p50Ms: -1, p95Ms: -1 };

function column(value: number): number[] {
  return Array.from({ length: STEPS }, () => value);
}

/** An hour that was the same all the time: so much in each step. */
export function steadyHistory(route: string, step: TrafficCount, minute: TrafficCount = step): RouteHistory {
  return { route, requests: column(step.requests), errors: column(step.errors), p50Ms: column(step.p50Ms), p95Ms: column(step.p95Ms), minute };
}

export function sampleSnapshot(nowMs: number, routes: readonly RouteHistory[] = [], codes: readonly CodeCount[] = []): StatusSnapshot {
  const minute = routes.reduce((sum, history) => ({ ...history.minute, requests: sum.requests + history.minute.requests, errors: sum.errors + history.minute.errors }), QUIET);
  return { stepMs: STEP_MS, stepStartMs: Math.floor(nowMs / STEP_MS) * STEP_MS, nowMs, all: steadyHistory('', QUIET, minute), routes, codes };
}

/** Traffic that a test makes up. */
export class SampleTraffic implements StatusSource {
  current: StatusSnapshot;
  readonly listeners = new Set<(second: StatusSecond) => void>();

  constructor(current: StatusSnapshot) {
    this.current = current;
  }

  snapshot(): StatusSnapshot {
    return this.current;
  }

  onSecond(listener: (second: StatusSecond) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** One more second has passed. */
  tell(routes: readonly RouteSecond[] = [], all: RouteSecond = { route: '', step: QUIET, minute: QUIET }): void {
    const { stepStartMs, codes } = this.current;
    this.current = { ...this.current, nowMs: this.current.nowMs + 1000 };
    for (const listener of this.listeners) listener({ stepStartMs, nowMs: this.current.nowMs, all, routes, codes });
  }
}
