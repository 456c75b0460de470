import { isDeepStrictEqual } from 'node:util';
import { obstacleOf } from '../config/certificate-prospects.ts';
import type { Clock } from '../lib/clock.ts';
import { latePart } from '../lib/late-part.ts';
import type { ChallengeAnswers } from './acme/challenge-board.ts';
import type { openBackend } from './acme-backend.ts';
import type { AcmeKeeper } from './acme-keeper.ts';
import type { CertificateConfig, CertificateSetup } from './certificate-setup.ts';
import type { CertificateStatus } from './keeper-status.ts';
import type { ManagedCertificate } from './managed-certificate.ts';
import type { TlsLogger, TlsMaterial } from './material.ts';
import { OnDemand } from './on-demand.ts';
import { normalizeName } from './server-name.ts';
import { TicketKeys } from './ticket-keys.ts';

const CHECK_MS = 30_000;
/** How long somebody who asked for a certificate is kept waiting for it. */
const RENEW_WAIT_MS = 45_000;
/** In one line of the log. */
const NAMES_TOLD_MAX = 20;

interface KeeperServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  /** As `Math.random`. */
  readonly random: () => number;
  /** `material` is another one. */
  readonly onMaterial: () => void;
  /** Resolves when every worker answers so. */
  readonly onAnswers: (answers: ChallengeAnswers) => Promise<void>;
  /** Default: the real one. */
  readonly openBackend?: typeof openBackend;
}

/** Certificates for a configuration that is not in force yet. */
interface PreparedCertificates {
  /** Null without an HTTPS listener. */
  readonly material: TlsMaterial | null;
  readonly setup: CertificateSetup | null;
  readonly onDemand: OnDemand | null;
}

/** What came of an order that somebody asked for. */
export type RenewResult =
  | { readonly outcome: 'renewed'; readonly names: readonly string[]; readonly notAfter: string }
  | { readonly outcome: 'running'; readonly names: readonly string[] }
  | { readonly outcome: 'failed' | 'unknown'; readonly reason: string };

/**
 * Everything about certificates, on the main thread: which host gets its from where, orders and renewals, what
 * clients are shown meanwhile, keys of session tickets. Whatever fails later than the start is a line in
 * the log, and the certificates of before go on.
 */
export class CertificateKeeper {
  readonly #services: KeeperServices;
  readonly #tickets: TicketKeys;
  #inForce: PreparedCertificates = { material: null, setup: null, onDemand: null };
  /** Settles when nothing changes what there is. */
  #changing: Promise<unknown> = Promise.resolve();
  /** Will be brought up to date when its turn comes. */
  #waiting: CertificateSetup | null = null;
  #stop: () => void = () => undefined;

  constructor(services: KeeperServices) {
    this.#services = services;
    this.#tickets = new TicketKeys(services.clock);
  }

  /** What workers are to use now; null without an HTTPS listener. */
  get material(): TlsMaterial | null {
    return this.#inForce.material;
  }

  /**
   * Opens all that a configuration needs beside what is in force, which goes on until `adopt`.
   * @throws CertificateError with all that is wrong in the configured files, or in the local CA; StoreError for a store that cannot be meant.
   */
  async prepare(config: CertificateConfig): Promise<PreparedCertificates> {
    if (config.listen.https.length === 0) return { material: null, setup: null, onDemand: null };
    // Loaded by those who have HTTPS, and what is about ACME by those who have that.
    const { CertificateSetup: Setup } = await latePart(async () => import('./certificate-setup.ts'));
    const former = this.#inForce.setup?.acme ?? null;
    const acme = await this.#acmeFor(config);
    try {
      const setup = await Setup.open(config, acme, this.#services);
      const onDemand = acme !== null && acme === former ? this.#inForce.onDemand : this.#onDemandOf(config);
      if (onDemand !== null) await setup.recallOnDemand((name) => onDemand.mayBeAllowed(name), this.#inForce.setup);
      await setup.refresh(former === acme ? null : former);
      return { material: this.#materialOf(setup), setup, onDemand };
    } catch (error) {
      if (acme !== former) await acme?.close();
      throw error;
    }
  }

  /** Puts in force what was prepared, and begins to order and renew for it. */
  adopt(prepared: PreparedCertificates): void {
    const before = this.#inForce.setup;
    this.#inForce = prepared;
    before?.close();
    if (before?.acme !== prepared.setup?.acme) void before?.acme?.retire();
    this.#stop();
    prepared.setup?.start(() => this.#refresh());
    this.#stop = this.#services.clock.every(CHECK_MS, () => this.#check());
    this.#tellPending();
    this.#publish();
  }

  /** Lets go of what was prepared and is not wanted. */
  async discard({ setup }: PreparedCertificates): Promise<void> {
    if (setup !== null && setup.acme !== this.#inForce.setup?.acme) await setup.acme?.close();
  }

  status(): readonly CertificateStatus[] {
    return this.#inForce.setup?.status() ?? [];
  }

  /** Orders a certificate for a host by ACME now, due or not. Waits for it for 45 seconds at most. */
  async renew(host: string): Promise<RenewResult> {
    const { setup } = this.#inForce;
    const certificate = setup?.acme?.find(normalizeName(host)) ?? null;
    if (setup?.acme === null || setup === null || certificate === null) return { outcome: 'unknown', reason: `No certificate for ${host} comes by ACME.` };
    const { names } = certificate;
    if (certificate.isOrdering) return { outcome: 'running', names };
    const { promise: overtime, resolve } = Promise.withResolvers<'late'>();
    const stop = this.#services.clock.every(RENEW_WAIT_MS, () => resolve('late'));
    const before = certificate.entry;
    const late = await Promise.race([setup.acme.order(certificate), overtime]);
    stop();
    if (late === 'late') return { outcome: 'running', names };
    if (certificate.entry !== null && certificate.entry !== before) return { outcome: 'renewed', names, notAfter: new Date(certificate.entry.notAfterMs).toISOString() };
    return { outcome: 'failed', reason: certificate.failure?.text ?? 'Another gateway is ordering it.' };
  }

  /** Clients asked for these names, which no certificate covers: some of them may have one on demand. */
  orderOnDemand(names: readonly string[]): void {
    for (const name of names) void this.#orderOnDemand(normalizeName(name));
  }

  /** Ends watches, orders and the store. */
  async close(): Promise<void> {
    this.#stop();
    this.#inForce.setup?.close();
    await this.#inForce.setup?.acme?.close();
  }

  async #acmeFor(config: CertificateConfig): Promise<AcmeKeeper | null> {
    const { acme, tls } = config;
    if (acme === null) return null;
    const before = this.#inForce.setup;
    const { storeDir, redisUrl } = before?.config.tls ?? {};
    if (before?.acme && storeDir === tls.storeDir && redisUrl === tls.redisUrl && isDeepStrictEqual(before.acme.backend.acme, acme)) return before.acme;
    const open = this.#services.openBackend ?? (await latePart(async () => import('./acme-backend.ts'))).openBackend;
    const { AcmeKeeper: Keeper } = await latePart(async () => import('./acme-keeper.ts'));
    return new Keeper(await open(acme, tls, this.#services), {
      ...this.#services,
      mayOrder: async (certificate) => this.#mayOrder(certificate),
      onChange: () => this.#refresh(),
    });
  }

  #onDemandOf({ acme }: CertificateConfig): OnDemand | null {
    return acme === null || acme.onDemand === null ? null : new OnDemand(acme.onDemand, this.#services);
  }

  /** What routes name may be ordered; the others only while the answer is still yes. */
  async #mayOrder({ names }: ManagedCertificate): Promise<boolean> {
    const { setup, onDemand } = this.#inForce;
    return setup === null || !setup.isOnDemand(names) || onDemand === null || onDemand.allows(names[0] ?? '');
  }

  async #orderOnDemand(name: string): Promise<void> {
    const { setup, onDemand } = this.#inForce;
    if (setup?.acme === null || setup === null || onDemand === null || !this.#isOrderable(name)) return;
    if (!(await onDemand.allows(name)) || setup !== this.#inForce.setup || !this.#isOrderable(name)) return;
    const { acme } = setup;
    await acme?.load([[name]]);
    // Another gateway may have it already; that costs no order.
    const isThere = acme?.entriesOf([[name]]).length === 1;
    if (!this.#isOrderable(name) || (!isThere && !onDemand.takeOrder(name))) return;
    setup.addOnDemand([name]);
    this.#services.logger.info('a host without a route gets a certificate, because a client asked for it', { name });
    this.#refresh();
  }

  #isOrderable(name: string): boolean {
    const { setup } = this.#inForce;
    const acme = setup?.config.acme ?? null;
    if (setup === null || acme === null || setup.isFull || setup.knows(name)) return false;
    return name.includes('.') && !name.includes('*') && obstacleOf(name, acme, setup.config.listen) === null;
  }

  #tellPending(): void {
    const { setup } = this.#inForce;
    const pending = setup?.acme?.certificates.filter(({ entry }) => entry === null) ?? [];
    if (pending.length === 0) return;
    const names = pending.slice(0, NAMES_TOLD_MAX).flatMap((certificate) => certificate.names);
    const meanwhile = setup?.config.acme?.whilePending === 'refuse' ? 'connections are refused' : 'the local CA signs one';
    this.#services.logger.info('these hosts have no certificate yet; it is ordered now', { names, certificates: pending.length, meanwhile });
  }

  /** Again and again: what is due because time has passed. */
  #check(): void {
    const { setup } = this.#inForce;
    if (setup !== null && this.#services.clock.now() >= setup.localRenewalMs) this.#refresh();
    if (this.#tickets.isDue) this.#publish();
  }

  /** Something about certificates has changed. One at a time; what comes while one waits is seen by that one. */
  #refresh(): void {
    const { setup } = this.#inForce;
    if (setup === null || this.#waiting === setup) return;
    this.#waiting = setup;
    this.#changing = this.#changing.then(async () => this.#bringUpToDate(setup));
  }

  /** What fails leaves what there was. Never rejects. */
  async #bringUpToDate(setup: CertificateSetup): Promise<void> {
    this.#waiting = null;
    if (setup !== this.#inForce.setup) return;
    try {
      await setup.refresh();
    } catch (error) {
      this.#services.logger.warn('certificates cannot be brought up to date, the ones of before go on', { error });
    }
    // A reload may have come meanwhile, and brought its own.
    if (setup !== this.#inForce.setup) return;
    setup.acme?.want(setup.orders);
    this.#publish();
  }

  #publish(): void {
    const { setup, material, onDemand } = this.#inForce;
    if (setup === null) return;
    const next = this.#materialOf(setup);
    if (next === material) return;
    this.#inForce = { setup, onDemand, material: next };
    this.#services.onMaterial();
  }

  /** With other certificates come other ticket keys, so that no session outlives the certificate it began with. */
  #materialOf(setup: CertificateSetup): TlsMaterial {
    const { material } = this.#inForce;
    const next = setup.material(this.#tickets.current);
    if (material !== null && !this.#tickets.isDue && isDeepStrictEqual(next, material)) return material;
    if (material !== null) this.#tickets.rotate();
    return { ...next, ticketKeys: this.#tickets.current };
  }
}
