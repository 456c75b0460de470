import type { Clock } from '../lib/clock.ts';
import type { RenewalWindow } from './acme/acme-types.ts';
import { planRenewal, type RenewalPlan } from './acme/renewal-plan.ts';
import { certificateEntry, parseCertificate, parsePrivateKey } from './certificate-entry.ts';
import type { CertificateEntry } from './material.ts';
import type { StoredCertificate } from './store/certificate-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A certificate that is no good by our own clock says that a clock is wrong; another one today would not be better. */
const WRONG_CLOCK_PAUSE_MS = DAY_MS;
/** Between two tries to put into the store what could not be put there. */
const SAVE_PAUSE_MS = 60_000;

/** Why there is no new certificate, and when the next attempt is. */
interface OrderFailure {
  readonly text: string;
  readonly atMs: number;
  /** In a row. */
  readonly count: number;
  /** Monotonic, so that a clock that is set back does not put it off by years. */
  readonly retryAtMonotonicMs: number;
}

interface Current {
  readonly stored: StoredCertificate;
  readonly entry: CertificateEntry;
  readonly notBeforeMs: number;
}

/** One certificate that ACME provides: what there is, when the next one is due, and what went wrong. Orders nothing itself. */
export class ManagedCertificate {
  /** Key in the store. */
  readonly id: string;
  readonly names: readonly string[];
  /** An order for it is running. */
  isOrdering = false;
  /** Its CA is being asked when to renew it. */
  isAsking = false;
  /** Somebody wants a new one now, due or not. */
  isForced = false;
  readonly #clock: Clock;
  /** Drawn once for each certificate, as `planRenewal` wants it. */
  #draw: number;
  readonly #random: () => number;
  readonly #sinceMs: number;
  #current: Current | null = null;
  #window: RenewalWindow | null = null;
  #askAtMs = 0;
  #failure: OrderFailure | null = null;
  /** Another gateway is at it; monotonic. */
  #waitUntilMonotonicMs = 0;
  /** Null: what is in use has reached the store. */
  #saveAtMonotonicMs: number | null = null;

  constructor(names: readonly string[], clock: Clock, random: () => number) {
    this.id = idOf(names);
    this.names = names;
    this.#clock = clock;
    this.#random = random;
    this.#draw = random();
    this.#sinceMs = clock.now();
  }

  get entry(): CertificateEntry | null {
    return this.#current?.entry ?? null;
  }

  get stored(): StoredCertificate | null {
    return this.#current?.stored ?? null;
  }

  get failure(): OrderFailure | null {
    return this.#failure;
  }

  /** Null while there is a certificate. */
  get pendingSinceMs(): number | null {
    return this.#current === null ? this.#sinceMs : null;
  }

  /** Null while there is no certificate. */
  get renewal(): RenewalPlan | null {
    if (this.#current === null) return null;
    const { stored, entry, notBeforeMs } = this.#current;
    const life = { notBeforeMs, notAfterMs: entry.notAfterMs, issuedAtMs: stored.issuedAtMs };
    return planRenewal(life, this.#window, this.#clock.now(), this.#draw);
  }

  /** A certificate is to be ordered now. */
  get isDue(): boolean {
    if (this.isOrdering) return false;
    if (this.isForced) return true;
    const monotonicMs = this.#clock.monotonicMs();
    if (monotonicMs < this.#waitUntilMonotonicMs || (this.#failure !== null && monotonicMs < this.#failure.retryAtMonotonicMs)) return false;
    const { renewal } = this;
    return renewal === null || renewal.renewAtMs <= this.#clock.now();
  }

  /** What is in use could not be stored, and it is time to try again. */
  get isToBeSaved(): boolean {
    return this.#saveAtMonotonicMs !== null && !this.isOrdering && this.#clock.monotonicMs() >= this.#saveAtMonotonicMs;
  }

  get isSaved(): boolean {
    return this.#saveAtMonotonicMs === null;
  }

  noteSaved(isSaved: boolean): void {
    this.#saveAtMonotonicMs = isSaved ? null : this.#clock.monotonicMs() + SAVE_PAUSE_MS;
  }

  /** The CA is to be asked when it wants this one renewed. */
  get isToBeAsked(): boolean {
    const aheadMs = this.#askAtMs - this.#clock.now();
    // Further ahead than it ever is: the clock was set back.
    return this.#current !== null && !this.isAsking && !this.isOrdering && (aheadMs <= 0 || aheadMs > DAY_MS);
  }

  /**
   * Uses a certificate of the store or of a CA. @returns false for one that is the same, or less than what there is:
   * older, or of no use at this moment where the other one is.
   */
  take(stored: StoredCertificate): boolean {
    const next = currentOf(stored);
    if (next === null || (this.#current !== null && !this.#isBetter(next, this.#current))) return false;
    this.#current = next;
    this.#draw = this.#random();
    this.#window = null;
    this.#askAtMs = 0;
    this.#failure = null;
    this.#waitUntilMonotonicMs = 0;
    return true;
  }

  /** Valid from, and to, around this moment. */
  isValidNow(stored: StoredCertificate): boolean {
    const certificate = currentOf(stored);
    return certificate !== null && isValidAt(certificate, this.#clock.now());
  }

  fail(text: string, delayMs: number): OrderFailure {
    const count = (this.#failure?.count ?? 0) + 1;
    this.#failure = { text, atMs: this.#clock.now(), count, retryAtMonotonicMs: this.#clock.monotonicMs() + delayMs };
    return this.#failure;
  }

  /** What was issued is not valid by our own clock. */
  failForClock(text: string): OrderFailure {
    return this.fail(text, WRONG_CLOCK_PAUSE_MS);
  }

  /** Somebody else is ordering it. */
  waitMs(ms: number): void {
    this.#waitUntilMonotonicMs = this.#clock.monotonicMs() + ms;
  }

  /** @param window null: the CA makes no suggestions, or could not be asked for one; the last one stays then. */
  advise(window: RenewalWindow | null): void {
    const nowMs = this.#clock.now();
    if (window !== null) this.#window = window;
    this.#askAtMs = window === null ? nowMs + 6 * HOUR_MS : (this.renewal?.askAgainAtMs ?? nowMs + DAY_MS);
  }

  #isBetter(next: Current, current: Current): boolean {
    if (next.stored.cert === current.stored.cert) return false;
    const nowMs = this.#clock.now();
    if (isValidAt(current, nowMs) !== isValidAt(next, nowMs)) return isValidAt(next, nowMs);
    // The CA's clock, because ours may have been wrong at one of them.
    if (next.notBeforeMs !== current.notBeforeMs) return next.notBeforeMs > current.notBeforeMs;
    return next.stored.issuedAtMs >= current.stored.issuedAtMs;
  }
}

/** Key in the store of a certificate for these names. */
export function idOf(names: readonly string[]): string {
  return names.toSorted().join(',');
}

/** Null where it cannot be used, which a store or a CA that checks what it gives does not let happen. */
function currentOf(stored: StoredCertificate): Current | null {
  const leaf = parseCertificate(stored.cert);
  const key = parsePrivateKey(stored.key);
  if (leaf === null || key === null || !leaf.checkPrivateKey(key)) return null;
  return { stored, entry: certificateEntry(leaf, key, { cert: stored.cert, source: 'acme', file: null }), notBeforeMs: Date.parse(leaf.validFrom) };
}

function isValidAt({ notBeforeMs, entry }: Current, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < entry.notAfterMs;
}
