import type { AcmeConfig, TlsConfig } from '../config/tls-config.ts';
import type { Clock } from '../lib/clock.ts';
import { createAuthority } from './acme/authority.ts';
import { ChallengeBoard, type ChallengeAnswers } from './acme/challenge-board.ts';
import { AcmeError, type ChallengeResponder } from './acme/acme-types.ts';
import { pause } from './acme/deadline.ts';
import { DnsHook } from './acme/dns-hook.ts';
import { Issuer } from './acme/issuer.ts';
import type { TlsLogger } from './material.ts';
import type { CertificateStore } from './store/certificate-store.ts';
import { openStore } from './store/open-store.ts';

/** How long the other gateways of a store take to hear of a challenge: a CA may come to any of them, and may come at once. */
const SPREAD_MS = 1000;

interface BackendServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  /** Resolves when every worker answers so. */
  readonly onAnswers: (answers: ChallengeAnswers) => Promise<void>;
}

/** All that orders need, for one configuration of ACME and its store. */
export interface AcmeBackend {
  readonly acme: AcmeConfig;
  readonly store: CertificateStore;
  readonly issuer: Pick<Issuer, 'issue' | 'authority'>;
  readonly board: Pick<ChallengeBoard, 'refresh'>;
  /** Breaks off every order: the process ends. */
  readonly abort: () => void;
}

/** @throws StoreError for a store that cannot be meant. */
export async function openBackend(acme: AcmeConfig, tls: Pick<TlsConfig, 'storeDir' | 'redisUrl'>, { clock, logger, onAnswers }: BackendServices): Promise<AcmeBackend> {
  const store = await openStore(tls, { clock, logger });
  const dns = acme.dns === null ? null : new DnsHook(acme.dns, { clock, logger });
  const board = new ChallengeBoard({ types: acme.challenges, dns, store, clock, logger, onChange: onAnswers });
  const { email, keyType } = acme;
  const end = new AbortController();
  const { signal } = end;
  const issuer = new Issuer(acme.cas, {
    authorityOf: (ca) => createAuthority(ca, { store, clock, logger, keyType, email, signal }),
    responder: tls.redisUrl === null ? board : spread(board, clock), clock, logger,
  });
  return { acme, store, issuer, board, abort: () => end.abort(new AcmeError('the gateway was stopped', '', null)) };
}

/** Resolves `present` only when the gateways that share the store have had the time to learn of the proof. */
function spread(board: ChallengeBoard, clock: Clock): ChallengeResponder {
  return {
    typesFor: (host) => board.typesFor(host),
    remove: async (...proof) => board.remove(...proof),
    present: async (...proof) => {
      await board.present(...proof);
      // A record in DNS is everybody's already.
      if (proof[0] !== 'dns-01') await pause(clock, SPREAD_MS, new AbortController().signal);
    },
  };
}
