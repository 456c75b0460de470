import type { Fleet } from '../balance/fleet.ts';
import type { Clock } from '../lib/clock.ts';
import { until } from '../lib/until.ts';
import type { CertificateKeeper } from '../tls/certificate-keeper.ts';

/** How long the first checks and certificates are waited for: an authority may need this gateway to be reached before it issues one. */
const PATIENCE_MS = 30_000;

interface ReadinessOptions {
  readonly clock: Clock;
  /** The listeners are open, and no stop has begun. */
  readonly isServing: () => boolean;
  readonly fleet: Pick<Fleet, 'isChecked'>;
  readonly certificates: Pick<CertificateKeeper, 'status'>;
}

/**
 * Whether traffic should be sent here: the listeners are open, every target has been checked once, and no certificate is
 * on its first way here. What is true once stays true until the stop, whatever a reload brings.
 */
export class Readiness {
  readonly #options: ReadinessOptions;
  readonly #patientUntilMs: number;
  #hasBeenReady = false;

  constructor(options: ReadinessOptions) {
    this.#options = options;
    this.#patientUntilMs = options.clock.monotonicMs() + PATIENCE_MS;
  }

  get isReady(): boolean {
    const { clock, isServing, fleet } = this.#options;
    if (!isServing()) return false;
    this.#hasBeenReady ||= clock.monotonicMs() >= this.#patientUntilMs || (fleet.isChecked && this.#hasCertificates);
    return this.#hasBeenReady;
  }

  /** Resolves when it is ready, after the patience at the latest. */
  async arrival(): Promise<void> {
    await until(this.#options.clock, () => this.isReady, PATIENCE_MS);
  }

  /** One that failed at the first attempt is not waited for: its host is answered by a local certificate, or refused. */
  get #hasCertificates(): boolean {
    return this.#options.certificates.status().every(({ pendingSince, lastError }) => pendingSince === null || lastError !== null);
  }
}
