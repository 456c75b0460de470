import type { Socket } from 'node:net';
import type { ListenLimits } from '../config/config.ts';
import { clientNetwork } from '../lib/ip-address.ts';
import type { KeyCounts } from '../lib/key-counts.ts';
import type { Counter } from '../lib/shared-cells.ts';

/** Counts open connections over all workers and turns away those above a limit, before a byte is read. */
export class Admission {
  readonly #total: Counter;
  readonly #byKey: KeyCounts;
  readonly #isExempt: (address: string) => boolean;
  readonly open = new Set<Socket>();
  limits: ListenLimits;

  /** @param isExempt addresses the per-address limit is not for: a trusted proxy carries everybody's connections. */
  constructor(limits: ListenLimits, total: Counter, byKey: KeyCounts, isExempt: (address: string) => boolean) {
    this.limits = limits;
    this.#total = total;
    this.#byKey = byKey;
    this.#isExempt = isExempt;
  }

  /** @returns why the connection must be closed at once, or null; it is counted until it closes, then. */
  admit(socket: Socket, address: string): string | null {
    if (!this.#total.tryAdd(this.limits.connectionsMax)) return 'too many connections';
    const counted = address !== '' && !this.#isExempt(address);
    const place = counted ? this.#byKey.take(`connections ${clientNetwork(address)}`, this.limits.connectionsPerAddressMax) : 0;
    if (counted && place === 0) {
      this.#total.add(-1);
      return 'too many connections from this address';
    }
    this.open.add(socket);
    socket.on('close', () => {
      this.open.delete(socket);
      this.#total.add(-1);
      if (counted) this.#byKey.giveBack(place);
    });
    return null;
  }
}
