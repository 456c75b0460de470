import { timingSafeEqual } from 'node:crypto';
import type { ApiKeyEntry } from '../../config/credentials/api-key-entry.ts';
import type { Identity } from '../../exchange/identity.ts';

/** A key that is valid, or was. */
export interface HeldKey {
  readonly entry: ApiKeyEntry;
  readonly identity: Identity;
  readonly digest: Buffer;
}

const NOBODY = Buffer.alloc(32);

/** Keys by their hash. */
export class KeyRing {
  readonly #held = new Map<string, HeldKey>();

  constructor(entries: readonly ApiKeyEntry[]) {
    for (const entry of entries) {
      const { name, roles, limits, hash } = entry;
      this.#held.set(hash, { entry, digest: Buffer.from(hash, 'hex'), identity: { kind: 'apiKey', name, roles, claims: {}, limits } });
    }
  }

  /**
   * Takes the same time for every key, known or not: whoever measures it learns at most the beginning of a hash, for which
   * no key can be made. @param digest SHA-256 of a key.
   */
  find(digest: Buffer): HeldKey | null {
    const held = this.#held.get(digest.toString('hex')) ?? null;
    return timingSafeEqual(digest, held?.digest ?? NOBODY) ? held : null;
  }
}
