import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { AcmeKeeper } from './acme-keeper.ts';
import { FileCertificates } from './file-certificates.ts';
import { planHosts, type HostPlan } from './host-plan.ts';
import { acmeStatus, fileStatus, localStatus, type CertificateStatus } from './keeper-status.ts';
import { LocalCertificates, NO_LOCAL_CERTIFICATES, type LocalSet } from './local-certificates.ts';
import type { CertificateEntry, TlsLogger, TlsMaterial } from './material.ts';
import { isCovered } from './server-name.ts';

/** What certificates depend on. */
export type CertificateConfig = Pick<Config, 'acme' | 'listen' | 'routes' | 'tls'>;

interface SetupServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

/** Hosts without a route; each costs memory in every worker. */
const ON_DEMAND_MAX = 5000;

type Orders = readonly (readonly string[])[];

/** The certificates of one configuration: files, ACME and the local CA put together. */
export class CertificateSetup {
  readonly config: CertificateConfig;
  readonly acme: AcmeKeeper | null;
  readonly #files: FileCertificates;
  readonly #local: LocalCertificates;
  readonly #services: SetupServices;
  #plan: HostPlan = { orders: [], local: [] };
  /** Of hosts that no route names. */
  #onDemand: Orders = [];
  #localSet: LocalSet = NO_LOCAL_CERTIFICATES;

  /** @throws CertificateError with all that is wrong in the configured files. */
  static async open(config: CertificateConfig, acme: AcmeKeeper | null, services: SetupServices): Promise<CertificateSetup> {
    return new CertificateSetup(config, acme, await FileCertificates.open(config.tls.certificates, services), services);
  }

  private constructor(config: CertificateConfig, acme: AcmeKeeper | null, files: FileCertificates, services: SetupServices) {
    this.config = config;
    this.acme = acme;
    this.#files = files;
    this.#services = services;
    this.#local = new LocalCertificates(config.tls.storeDir, services);
  }

  get orders(): Orders {
    const planned = new Set(this.#plan.orders.flat());
    return [...this.#plan.orders, ...this.#onDemand.filter((names) => !names.every((name) => isCovered(name, planned)))];
  }

  /** When `refresh` has something to renew; Infinity: never. */
  get localRenewalMs(): number {
    return this.#localSet.renewAtMs;
  }

  /** Whether some certificate that is there, or is ordered, is for this name. */
  knows(name: string): boolean {
    return isCovered(name, new Set([...this.#files.entries, ...this.#localSet.entries].flatMap(({ names }) => names)))
      || this.orders.some((names) => isCovered(name, new Set(names)));
  }

  addOnDemand(names: readonly string[]): void {
    this.#onDemand = [...this.#onDemand, names];
  }

  /** As many hosts without a route as there may be. */
  get isFull(): boolean {
    return this.#onDemand.length >= ON_DEMAND_MAX;
  }

  /** Takes over what was ordered on demand under the configuration before, or before the last start. */
  async recallOnDemand(isAllowed: (name: string) => boolean, before: CertificateSetup | null): Promise<void> {
    const isMeant = ([name = '', ...others]: readonly string[]): boolean => others.length === 0 && !name.startsWith('*.') && isAllowed(name);
    const stored = this.acme === null || this.acme === before?.acme ? [] : await this.acme.storedNames(isMeant);
    const known = before === null ? [] : before.#onDemand.filter(isMeant);
    const names = new Set([...known, ...stored].flat());
    this.#onDemand = [...names].slice(0, ON_DEMAND_MAX).map((name) => [name]);
  }

  isOnDemand(names: readonly string[]): boolean {
    return this.#onDemand.some((one) => one.join() === names.join());
  }

  /**
   * Finds out anew which host gets its certificate from where, and opens what is missing.
   * @param former see `AcmeKeeper.load`. @throws CertificateError if the local CA is needed and damaged; what was opened before stays.
   */
  async refresh(former: AcmeKeeper | null = null): Promise<void> {
    this.#plan = planHosts(this.config, namesOf(this.#files.entries), this.#services.logger);
    await this.acme?.load(this.orders, former);
    const { real, missing } = this.#gathered();
    this.#localSet = real.length > 0 && missing.length === 0 ? NO_LOCAL_CERTIFICATES : await this.#local.serve(missing, namesOf(real));
  }

  material(ticketKeys: Uint8Array): TlsMaterial {
    const { acme } = this.config;
    const { real, missing, pending } = this.#gathered();
    const covered = namesOf(real);
    const local = real.length > 0 && missing.length === 0 ? NO_LOCAL_CERTIFICATES : this.#localSet;
    const refuse = acme?.whilePending === 'refuse';
    return {
      entries: [...real, ...local.entries.filter((entry, index) => index === 0 || entry.names.some((name) => !isCovered(name, covered)))],
      localCa: local.localCa,
      refused: refuse ? pending : [],
      onDemand: this.acme === null || acme === null || acme.onDemand === null ? null : { allow: acme.onDemand.allow, refuse },
      ticketKeys,
    };
  }

  /** @param onChange told when a new certificate file was read. */
  start(onChange: () => void): void {
    this.#files.watch(onChange);
    this.acme?.want(this.orders);
  }

  /** Ends the watches. What it shares with the next one, ACME, goes on. */
  close(): void {
    this.#files.close();
  }

  status(): CertificateStatus[] {
    const { clock } = this.#services;
    const ordered = this.acme?.certificates ?? [];
    const awaited = new Set(ordered.flatMap(({ names }) => names));
    const { entries } = this.material(new Uint8Array());
    return [
      ...this.#files.entries.map((entry) => fileStatus(entry, this.#files.problemOf(entry))),
      ...ordered.map((certificate) => acmeStatus(certificate, clock)),
      ...entries.filter(({ source, names }) => source === 'local-ca' && !names.every((name) => awaited.has(name))).map(localStatus),
    ];
  }

  /** `pending` have no certificate yet; `missing` are to be served by the local CA. */
  #gathered(): { real: CertificateEntry[]; pending: string[]; missing: string[] } {
    const { orders } = this;
    const real = [...this.#files.entries, ...(this.acme?.entriesOf(orders) ?? [])];
    const covered = namesOf(real);
    const pending = orders.flat().filter((name) => !isCovered(name, covered));
    const isShown = this.config.acme?.whilePending !== 'refuse';
    return { real, pending, missing: [...this.#plan.local, ...(isShown ? pending : [])] };
  }
}

function namesOf(entries: readonly CertificateEntry[]): Set<string> {
  return new Set(entries.flatMap(({ names }) => names));
}
