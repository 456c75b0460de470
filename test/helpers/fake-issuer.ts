import type { AcmeCa, RenewalWindow } from '../../src/tls/acme/acme-types.ts';
import type { Issue } from '../../src/tls/acme/issuer.ts';
import type { AcmeBackend } from '../../src/tls/acme-backend.ts';
import type { AcmeConfig } from '../../src/config/tls-config.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Signer } from '../../src/tls/issue-certificate.ts';
import type { CertificateStore, StoredCertificate } from '../../src/tls/store/certificate-store.ts';
import { FileStore } from '../../src/tls/store/file-store.ts';
import { makeCa, makePair, RecordingLogger } from './certificates.ts';
import { ManualClock } from './manual-clock.ts';
import { tempDir } from './temp-dir.ts';

export const FAKE_CA: AcmeCa = { name: 'fake', directory: 'https://ca.test/dir', stagingDirectory: null, trust: 'PEM', eab: null, profile: null };

export const ACME: AcmeConfig = {
  email: null, cas: [FAKE_CA], challenges: ['tls-alpn-01', 'http-01'], dns: null, keyType: 'p256', whilePending: 'local', onDemand: null, hosts: null,
};

async function never(): Promise<never> {
  throw new Error('not here');
}

/** Stands in for all CAs: signs what it is asked for at once, or fails as it is told. */
export class FakeIssuer {
  readonly orders: string[] = [];
  readonly replaced: (string | null)[] = [];
  asked = 0;
  failure: Error | null = null;
  window: RenewalWindow | Error | null = null;
  /** Orders wait for it. */
  gate: Promise<void> = Promise.resolve();
  running = 0;
  runningMost = 0;
  readonly #ca: Promise<Signer>;
  readonly #clock: Clock;
  /** What its own clock is ahead of ours. */
  aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ca = makeCa(clock.now() - 400 * 86_400_000);
  }

  async issue(names: readonly string[], replaces: Pick<StoredCertificate, 'cert'> | null): Promise<Issue> {
    this.orders.push(names.join(','));
    this.replaced.push(replaces?.cert ?? null);
    this.running += 1;
    this.runningMost = Math.max(this.running, this.runningMost);
    await this.gate;
    this.running -= 1;
    if (this.failure !== null) throw this.failure;
    return { certificate: await makePair(await this.#ca, names, { nowMs: this.#clock.now() + this.aheadMs }), ca: FAKE_CA, staging: false };
  }

  authority(): { ca: AcmeCa; order: () => Promise<never>; renewalWindow: () => Promise<RenewalWindow | null> } {
    return {
      ca: FAKE_CA, order: never,
      renewalWindow: async () => {
        this.asked += 1;
        if (this.window instanceof Error) throw this.window;
        return this.window;
      },
    };
  }
}

export interface FakeAcme {
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  readonly issuer: FakeIssuer;
  readonly store: CertificateStore;
  readonly backend: AcmeBackend;
  readonly dir: string;
}

/** A backend on real files with a CA that a test steers; the clock stands at the time of today. */
export function fakeAcme(t: Parameters<typeof tempDir>[0], acme: AcmeConfig = ACME, dir: string = tempDir(t)): FakeAcme {
  const clock = new ManualClock(Date.now());
  const logger = new RecordingLogger();
  const issuer = new FakeIssuer(clock);
  const store = new FileStore(dir, { clock, logger });
  t.teardown(async () => store.close());
  return { clock, logger, issuer, store, dir, backend: { acme, store, issuer, board: { refresh: async () => undefined }, abort: () => undefined } };
}

/** A stored certificate for these names, 90 days from `issuedAtMs` on. */
export async function storedFor(names: readonly string[], issuedAtMs: number, more: Partial<StoredCertificate> = {}): Promise<StoredCertificate> {
  const pair = await makePair(await makeCa(issuedAtMs), names, { nowMs: issuedAtMs });
  return { id: names.toSorted().join(','), names, ...pair, directory: FAKE_CA.directory, staging: false, issuedAtMs, ...more };
}
