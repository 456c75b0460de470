import { isIP } from 'node:net';
import type { TlsMaterial } from './material.ts';
import { isCovered, normalizeName } from './server-name.ts';

/** Names that certificates are still to come for: which of them are refused until then, and which may be ordered on demand. */
export class PendingNames {
  readonly #refused: ReadonlySet<string>;
  readonly #allowed: ReadonlySet<string> | null;
  readonly #refusesOnDemand: boolean;

  constructor({ refused, onDemand }: Pick<TlsMaterial, 'refused' | 'onDemand'>) {
    this.#refused = new Set(refused);
    this.#allowed = onDemand === null ? null : new Set(onDemand.allow);
    this.#refusesOnDemand = onDemand?.refuse ?? false;
  }

  /** Of a name that no certificate covers, as a client sent it: whether its handshake is to be refused. */
  refuses(servername: string): boolean {
    if (this.#refused.size === 0 && !this.#refusesOnDemand) return false;
    const name = normalizeName(servername);
    return isCovered(name, this.#refused) || (this.#refusesOnDemand && this.#isAllowed(name));
  }

  /** Of a name that no certificate covers: whether the main thread may want to order one. */
  isOnDemand(servername: string): boolean {
    return this.#allowed !== null && this.#isAllowed(normalizeName(servername));
  }

  #isAllowed(name: string): boolean {
    if (this.#allowed === null || name === '' || !name.includes('.') || isIP(name) !== 0) return false;
    return this.#allowed.size === 0 || isCovered(name, this.#allowed);
  }
}
