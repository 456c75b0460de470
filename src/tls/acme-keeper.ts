import type { Clock } from '../lib/clock.ts';
import type { AcmeBackend } from './acme-backend.ts';
import { CertificateOrder } from './certificate-order.ts';
import { idOf, ManagedCertificate } from './managed-certificate.ts';
import type { CertificateEntry, TlsLogger } from './material.ts';
import { isCovered } from './server-name.ts';

/** Orders, and questions about renewal, that run at the same time: enough to go on while one is slow, few enough for any CA. */
const RUNNING_MAX = 5;
const TICK_MS = 1000;
/** Reading every certificate of a large store takes a while; what is missing is looked for at once. */
const LOOK_MS = 3000;
/** For orders that are broken off to take back their proofs and give back their locks. */
const CLEAN_UP_MS = 1000;

interface AcmeKeeperServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  readonly random: () => number;
  /** As for `CertificateOrder`. */
  readonly mayOrder: (certificate: ManagedCertificate) => Promise<boolean>;
  /** A certificate came or changed. */
  readonly onChange: () => void;
}

/** Provides the certificates of one ACME configuration: loads, orders, renews, and takes over what other gateways ordered. */
export class AcmeKeeper {
  readonly backend: AcmeBackend;
  readonly #services: AcmeKeeperServices;
  readonly #orders: CertificateOrder;
  readonly #known = new Map<string, ManagedCertificate>();
  #wanted: readonly ManagedCertificate[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #stops: (() => void)[] = [];
  #storeHasChanged = false;
  #lookedMs = -Infinity;
  #isClosed = false;

  constructor(backend: AcmeBackend, services: AcmeKeeperServices) {
    this.backend = backend;
    this.#services = services;
    this.#orders = new CertificateOrder(backend, services);
  }

  /** Those asked for with `want`, in that order. */
  get certificates(): readonly ManagedCertificate[] {
    return this.#wanted;
  }

  /**
   * Finds what the store has for these names; a store out of reach has nothing. Changes nothing of what is in force.
   * @param former the one whose place this one takes: what only that one has is not lost.
   */
  async load(orders: readonly (readonly string[])[], former: AcmeKeeper | null = null): Promise<void> {
    for await (const certificate of inTurn(orders, async (names) => this.#open(names))) {
      this.#known.set(certificate.id, certificate);
      const stored = former?.find(certificate.names[0] ?? '')?.stored ?? null;
      if (stored !== null && stored.id === certificate.id && this.#orders.isWanted(stored) && certificate.take(stored)) certificate.noteSaved(false);
    }
  }

  /** Names of stored certificates that `select` wants, in the order of the store; none while that is out of reach. */
  async storedNames(select: (names: readonly string[]) => boolean): Promise<(readonly string[])[]> {
    const stored = await this.backend.store.list().catch(() => []);
    return stored.filter(({ names }) => select(names)).map(({ names }) => names);
  }

  /** Certificates of these names that there are, of those that were loaded. */
  entriesOf(orders: readonly (readonly string[])[]): CertificateEntry[] {
    return orders.flatMap((names) => this.#known.get(idOf(names))?.entry ?? []);
  }

  /** From now on these are kept up to date, and no others. They must have been loaded. */
  want(orders: readonly (readonly string[])[]): void {
    this.#wanted = orders.flatMap((names) => this.#known.get(idOf(names)) ?? []);
    const ids = new Set(this.#wanted.map(({ id }) => id));
    for (const [id, { isOrdering }] of this.#known) if (!ids.has(id) && !isOrdering) this.#known.delete(id);
    if (this.#stops.length === 0) {
      this.#stops = [
        this.#services.clock.every(TICK_MS, () => this.#tick()),
        this.backend.store.watch(() => this.#onStoreChange()),
      ];
    }
    this.#tick();
  }

  /** The certificate that a host is served with, or will be. */
  find(name: string): ManagedCertificate | null {
    return this.#wanted.find(({ names }) => isCovered(name, new Set(names))) ?? null;
  }

  /** Orders a certificate now, due or not. Resolves when that is done, whatever came of it. */
  async order(certificate: ManagedCertificate): Promise<void> {
    certificate.isForced = true;
    await this.#run(this.#orders.run(certificate));
  }

  /** Lets what is running end, and closes the store then: another one takes its place. */
  async retire(): Promise<void> {
    this.#stop();
    await Promise.allSettled(this.#running);
    await this.backend.store.close();
  }

  /** Breaks off what is running, and gives it a moment to clean up: the process ends. */
  async close(): Promise<void> {
    this.#stop();
    this.backend.abort();
    const { promise: overtime, resolve } = Promise.withResolvers<void>();
    const stop = this.#services.clock.every(CLEAN_UP_MS, resolve);
    await Promise.race([Promise.allSettled(this.#running), overtime]);
    stop();
    await this.#orders.releaseLocks();
    await this.backend.store.close();
  }

  #stop(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  async #open(names: readonly string[]): Promise<ManagedCertificate> {
    const known = this.#known.get(idOf(names));
    if (known !== undefined) return known;
    const { clock, random } = this.#services;
    const certificate = new ManagedCertificate(names, clock, random);
    await this.#orders.takeStored(certificate);
    return certificate;
  }

  #tick(): void {
    const { clock } = this.#services;
    if (this.#storeHasChanged && clock.monotonicMs() - this.#lookedMs >= LOOK_MS) this.#look(this.#wanted);
    for (const certificate of this.#wanted) {
      if (this.#running.size >= RUNNING_MAX) return;
      if (certificate.isDue) void this.#run(this.#orders.run(certificate));
      else if (certificate.isToBeSaved) void this.#run(this.#orders.save(certificate));
      else if (certificate.isToBeAsked) void this.#run(this.#orders.ask(certificate));
    }
  }

  #onStoreChange(): void {
    void this.backend.board.refresh();
    this.#storeHasChanged = true;
    const pending = this.#wanted.filter(({ entry, isOrdering }) => entry === null && !isOrdering);
    if (pending.length > 0) void this.#run(this.#takeAll(pending));
  }

  #look(certificates: readonly ManagedCertificate[]): void {
    this.#storeHasChanged = false;
    this.#lookedMs = this.#services.clock.monotonicMs();
    void this.#run(this.#takeAll(certificates));
  }

  async #takeAll(certificates: readonly ManagedCertificate[]): Promise<void> {
    let hasChanged = false;
    for await (const isNew of inTurn(certificates, async (certificate) => this.#orders.takeStored(certificate))) hasChanged ||= isNew;
    if (hasChanged) this.#onChange();
  }

  /** What runs never rejects. */
  async #run(work: Promise<unknown>): Promise<void> {
    this.#running.add(work);
    const result = await work;
    this.#running.delete(work);
    if (result === true) this.#onChange();
  }

  #onChange(): void {
    if (!this.#isClosed) this.#services.onChange();
  }
}

/** One after the other: hundreds of hosts must not ask for hundreds of entries at once. */
async function* inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (const item of items) yield work(item);
}
