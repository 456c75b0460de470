import type { PasswordHash } from '../../config/credentials/password-hash.ts';
import type { UserEntry } from '../../config/credentials/user-file.ts';

/** Users by name. */
export class UserList {
  readonly #hashes: ReadonlyMap<string, PasswordHash>;
  readonly #all: readonly PasswordHash[];

  constructor(users: readonly UserEntry[]) {
    this.#hashes = new Map(users.map(({ name, hash }) => [name, hash]));
    this.#all = [...this.#hashes.values()];
  }

  /** Null: there is no such user. */
  hashOf(name: string): PasswordHash | null {
    return this.#hashes.get(name) ?? null;
  }

  /**
   * A hash of some user, always the same for a number: what checking the password of a nobody is done with, so that it takes
   * as long as for somebody. Null: there are no users.
   */
  anyHash(number: number): PasswordHash | null {
    return this.#all[number % this.#all.length] ?? null;
  }
}
