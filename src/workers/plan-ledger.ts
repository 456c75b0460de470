import type { Fleet } from '../balance/fleet.ts';
import type { Config } from '../config/config.ts';
import { cellNames } from '../gateway/route-cells.ts';
import type { CellNames } from '../lib/cell-names.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from './messages.ts';

/** What living generations hold of shared memory and of the fleet, given back when each has retired. */
export class PlanLedger {
  readonly #cells: CellNames;
  readonly #fleet: Fleet;
  readonly #held = new Map<number, GenerationPlan>();

  constructor(cells: CellNames, fleet: Fleet) {
    this.#cells = cells;
    this.#fleet = fleet;
  }

  /** Sets aside what a generation needs. @throws RangeError where there is not enough of it; nothing is kept then. */
  async make(generation: number, config: Config, tls: TlsMaterial | null): Promise<GenerationPlan> {
    const cellIndex = this.#cells.take([CONNECTIONS_CELL, ...cellNames(config)]);
    try {
      const plan = { generation, config, cellIndex, roster: await this.#fleet.prepare(config.upstreams), tls };
      this.#held.set(generation, plan);
      return plan;
    } catch (error) {
      this.#cells.release(cellIndex);
      throw error;
    }
  }

  /** A plan with the members its upstreams have by now. */
  latest(plan: GenerationPlan): GenerationPlan {
    return { ...plan, roster: this.#fleet.latest(plan.roster) };
  }

  /** The living generations that a change of members concerns. */
  generationsOf(rosterId: number): number[] {
    return [...this.#held.values()].filter(({ roster }) => roster.id === rosterId).map(({ generation }) => generation);
  }

  release(generation: number): void {
    const plan = this.#held.get(generation);
    if (plan === undefined) return;
    this.#held.delete(generation);
    this.#cells.release(plan.cellIndex);
    this.#fleet.release(plan.roster);
  }
}
