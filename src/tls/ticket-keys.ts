import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';

/** Name, HMAC key and cipher key, 16 bytes each, as `tls.Server.setTicketKeys` takes them. */
const TICKET_KEY_BYTES = 48;

/** Whoever takes a key from memory can read the TLS 1.2 sessions of this time (RFC 5077, 5.5), so it is short. */
const LIFETIME_MS = 12 * 3_600_000;

/** The key of session tickets, which all workers share: a client that comes back may meet any of them. */
export class TicketKeys {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #random: (bytes: number) => Uint8Array;
  #current: Uint8Array;
  #madeMs: number;

  /** @param random default: the system's. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, random: (bytes: number) => Uint8Array = randomBytes) {
    this.#clock = clock;
    this.#random = random;
    this.#current = this.#make();
    this.#madeMs = clock.monotonicMs();
  }

  get current(): Uint8Array {
    return this.#current;
  }

  /** Has been in use for 12 hours. */
  get isDue(): boolean {
    return this.#clock.monotonicMs() - this.#madeMs >= LIFETIME_MS;
  }

  /** Tickets of before are worth nothing from now on; their clients make a full handshake. */
  rotate(): void {
    this.#current = this.#make();
    this.#madeMs = this.#clock.monotonicMs();
  }

  /** A plain array, not a view of a pool, because it is sent to workers. */
  #make(): Uint8Array {
    return new Uint8Array(this.#random(TICKET_KEY_BYTES));
  }
}
