import { createKeyCounts } from '../../src/lib/key-counts.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { openPort } from '../../src/listen/ports.ts';
import { NO_SOCKETS } from '../../src/listen/ports.ts';
import type { TlsMaterial } from '../../src/tls/material.ts';
import { CONNECTIONS_CELL, type GenerationPlan, type WorkerInit } from '../../src/workers/messages.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { configOf } from './config-text.ts';
import { literalRoster, someSlotMemory } from './literal-roster.ts';

const CELLS = 500;

/** What a control plane hands to a lone worker: shared memory at its start, then plans. */
export class WorkerPlans {
  readonly init: WorkerInit;
  readonly cells: SharedCells;
  readonly #names: CellNames;
  #generation = 0;

  constructor() {
    const layout = createSharedCells(1, CELLS);
    this.cells = new SharedCells(layout, 0);
    this.#names = new CellNames(CELLS, (column) => this.cells.clearColumn(column));
    this.init = { number: 1, cells: layout, keyCounts: createKeyCounts(1), slots: someSlotMemory(1), limits: createLimitMemory(100, 0), secret: Buffer.alloc(32), reusePort: false, share: NO_SOCKETS, noColor: true };
  }

  /** The next generation, of this configuration; without `accessLog` nothing is written. */
  next(yaml: string, tls: TlsMaterial | null = null): GenerationPlan {
    const config = configOf(`${/^accessLog:/m.test(yaml) ? '' : 'accessLog: off\n'}${yaml}`);
    this.#generation += 1;
    const cellIndex = this.#names.take([CONNECTIONS_CELL, ...cellNames(config)]);
    return { generation: this.#generation, config, cellIndex, roster: literalRoster(config), tls };
  }

  /** Client connections that count. */
  connections({ cellIndex }: GenerationPlan): number {
    return this.cells.counter(cellIndex, CONNECTIONS_CELL).total();
  }
}

/** A port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const opened = await openPort({ kind: 'http', address: { host: '127.0.0.1', port: 0 } }, { reusePort: false }, (socket) => socket.destroy());
  opened.close();
  return opened.port.address.port;
}
