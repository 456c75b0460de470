import { createHmac, randomBytes } from 'node:crypto';
import type { PasswordHash } from '../../config/credentials/password-hash.ts';
import type { Clock } from '../../lib/clock.ts';
import { ExpiringMap } from '../../lib/expiring-map.ts';
import { isPassword } from './password-verifier.ts';

const REMEMBERED_MS = 5 * 60_000;
const REMEMBERED_MAX = 4096;
const WAITING_MAX = 32;

/** More passwords wait to be checked than there is patience for. */
export class ChecksExhausted extends Error {
  override readonly name = 'ChecksExhausted';
}

interface Check {
  readonly key: string;
  readonly password: string;
  readonly hash: PasswordHash;
  /** Requests that want to know. */
  wanted: number;
  readonly outcome: PromiseWithResolvers<boolean>;
}

interface Question {
  readonly password: string;
  readonly hash: PasswordHash;
  /** Whether the outcome is that of a user; one of nobody is neither looked up nor kept. */
  readonly isOfUser: boolean;
  /** Calls the function when nobody wants the answer any more. */
  readonly onLeave: (left: () => void) => void;
}

type Verify = (password: string, hash: PasswordHash) => Promise<boolean>;

/**
 * Checks passwords, one at a time in each worker: a check takes a thread of the pool that files and names need as well, for a
 * quarter of a second. So a flood of wrong ones makes itself wait; right ones that are remembered do not.
 */
export class PasswordChecks {
  readonly #verify: Verify;
  /** Of this process only: what is kept in memory is no hash that could be tried out elsewhere. */
  readonly #secret = randomBytes(32);
  /** By a keyed hash of password and its hash. */
  readonly #remembered: ExpiringMap<true>;
  readonly #waiting: Check[] = [];
  #current: Check | null = null;

  constructor(clock: Clock, verify: Verify = isPassword) {
    this.#verify = verify;
    this.#remembered = new ExpiringMap(clock, REMEMBERED_MS, REMEMBERED_MAX);
  }

  /** Whether the password was right a short while ago. */
  isRemembered(password: string, hash: PasswordHash): boolean {
    return this.#remembered.get(this.#keyOf(password, hash)) === true;
  }

  /** @throws ChecksExhausted */
  async check({ password, hash, isOfUser, onLeave }: Question): Promise<boolean> {
    const key = this.#keyOf(password, hash);
    const check = (isOfUser ? this.#sameAs(key) : null) ?? this.#enqueue({ key: isOfUser ? key : '', password, hash, wanted: 0, outcome: Promise.withResolvers<boolean>() });
    check.wanted += 1;
    onLeave(() => this.#leave(check));
    return check.outcome.promise;
  }

  /** Nothing is held but memory. */
  close(): void {
    this.#remembered.clear();
  }

  /** A number that nobody can foresee and that is always the same for a name. */
  numberOf(name: string): number {
    return createHmac('sha256', this.#secret).update(`name ${name}`).digest().readUInt32BE(0);
  }

  /** Whose hash it is does not matter; a hash that is changed in the file is another one. */
  #keyOf(password: string, hash: PasswordHash): string {
    return createHmac('sha256', this.#secret).update(`password ${hash.text} ${password}`).digest('base64');
  }

  /** A page and its pictures ask for the same at once. */
  #sameAs(key: string): Check | null {
    if (this.#current?.key === key) return this.#current;
    return this.#waiting.find((check) => check.key === key) ?? null;
  }

  #enqueue(check: Check): Check {
    if (this.#waiting.length >= WAITING_MAX) throw new ChecksExhausted(`${WAITING_MAX} passwords wait to be checked`);
    this.#waiting.push(check);
    // The caller is not among those who want it yet.
    if (this.#current === null) queueMicrotask(() => this.#next());
    return check;
  }

  #leave(check: Check): void {
    check.wanted -= 1;
    if (check.wanted > 0 || check === this.#current) return;
    const index = this.#waiting.indexOf(check);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    check.outcome.resolve(false);
  }

  #next(): void {
    if (this.#current !== null) return;
    const check = this.#waiting.shift();
    if (check === undefined) return;
    this.#current = check;
    void this.#run(check);
  }

  async #run(check: Check): Promise<void> {
    try {
      const isRight = await this.#verify(check.password, check.hash);
      if (isRight && check.key !== '') this.#remembered.set(check.key, true);
      check.outcome.resolve(isRight);
    } catch (error) {
      check.outcome.reject(error);
    }
    this.#current = null;
    this.#next();
  }
}
