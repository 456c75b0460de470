import type { ForwardPlan } from './forward-plan.ts';

/** The places one request takes among the event streams and upgraded connections of its route, given back once. */
export class RouteSeats {
  readonly #plan: ForwardPlan;
  #stream = false;
  #tunnel = false;

  constructor(plan: ForwardPlan) {
    this.#plan = plan;
  }

  /** @returns false: the route has as many event streams as it may. */
  takeStream(): boolean {
    this.#stream = this.#plan.streams.tryAdd(this.#plan.streamsMax);
    return this.#stream;
  }

  /** @returns false: the route has as many upgraded connections as it may. */
  takeTunnel(): boolean {
    this.#tunnel = this.#plan.tunnels.tryAdd(this.#plan.tunnelsMax);
    return this.#tunnel;
  }

  free(): void {
    if (this.#stream) this.#plan.streams.add(-1);
    if (this.#tunnel) this.#plan.tunnels.add(-1);
    this.#stream = false;
    this.#tunnel = false;
  }
}
