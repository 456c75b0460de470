import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { issueProof, newKey } from '../issue-certificate.ts';
import type { TlsLogger } from '../material.ts';
import type { CertificateStore, StoredChallenge } from '../store/certificate-store.ts';
import type { ChallengeResponder, ChallengeType } from './acme-types.ts';

/** Longer than any order takes: what a gateway that died left in the store goes by itself. */
const CHALLENGE_TTL_MS = 3_600_000;
/** Open at once, of all gateways: ten orders of 100 names. */
const CHALLENGES_MAX = 1000;

/** What workers answer CAs with: plain data, all that is open at the moment. */
export interface ChallengeAnswers {
  /** `GET /.well-known/acme-challenge/TOKEN` on this host, and on no other. */
  readonly http: readonly { readonly host: string; readonly token: string; readonly keyAuthorization: string }[];
  /** For a handshake with ALPN `acme-tls/1` and this SNI. PEM. */
  readonly alpn: readonly { readonly host: string; readonly cert: string; readonly key: string }[];
}

interface BoardOptions {
  /** Those this gateway may use, preferred ones first. */
  readonly types: readonly ChallengeType[];
  /** For `dns-01`; null: that is not answered. */
  readonly dns: Pick<ChallengeResponder, 'present' | 'remove'> | null;
  readonly store: Pick<CertificateStore, 'putChallenge' | 'removeChallenge' | 'challenges'>;
  readonly clock: Clock;
  readonly logger: TlsLogger;
  /** Resolves when every worker answers so. */
  readonly onChange: (answers: ChallengeAnswers) => Promise<void>;
}

type Answer = { readonly challenge: StoredChallenge } & ({ readonly cert: null } | { readonly cert: string; readonly key: string });

/**
 * The open challenges of this gateway, and of those that share its store, so that a CA may ask any of them.
 * A store that is out of reach costs the others' answers, not this one's.
 */
export class ChallengeBoard implements ChallengeResponder {
  readonly #options: BoardOptions;
  readonly #own = new Map<string, Answer>();
  #others = new Map<string, Answer>();

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  get answers(): ChallengeAnswers {
    const open = [...new Map([...this.#others, ...this.#own]).values()];
    return {
      http: open.flatMap(({ challenge: { host, token, keyAuthorization }, cert }) => (cert === null ? [{ host, token, keyAuthorization }] : [])),
      alpn: open.flatMap((answer) => (answer.cert === null ? [] : [{ host: answer.challenge.host, cert: answer.cert, key: answer.key }])),
    };
  }

  /** Only dns-01 can prove a wildcard (RFC 8555, 8.4). */
  typesFor(host: string): readonly ChallengeType[] {
    const { types, dns } = this.#options;
    return types.filter((type) => (type === 'dns-01' ? dns !== null : !host.startsWith('*.')));
  }

  async present(type: ChallengeType, host: string, token: string, keyAuthorization: string): Promise<void> {
    if (type === 'dns-01') return this.#dns.present(type, host, token, keyAuthorization);
    if (this.#own.size >= CHALLENGES_MAX) throw new Error(`${CHALLENGES_MAX} challenges are open already`);
    const challenge = challengeOf(type, host, token, keyAuthorization);
    this.#own.set(keyOf(challenge), await this.#answer(challenge));
    await this.#options.store.putChallenge(challenge, CHALLENGE_TTL_MS).catch((error: unknown) => {
      this.#options.logger.warn('a challenge cannot be stored, so only this gateway can answer it', { host, type, error });
    });
    await this.#options.onChange(this.answers);
  }

  async remove(type: ChallengeType, host: string, token: string, keyAuthorization: string): Promise<void> {
    if (type === 'dns-01') return this.#options.dns?.remove(type, host, token, keyAuthorization);
    const { store, logger, onChange } = this.#options;
    const challenge = challengeOf(type, host, token, keyAuthorization);
    this.#own.delete(keyOf(challenge));
    this.#others.delete(keyOf(challenge));
    await store.removeChallenge(challenge).catch((error: unknown) => {
      logger.warn('a challenge cannot be removed from the store; it goes by itself after an hour', { host, type, error });
    });
    await onChange(this.answers).catch((error: unknown) => {
      logger.warn('workers were not told that a challenge is over', { host, type, error });
    });
  }

  /** Takes over what other gateways have opened and closed; to be called when the store has changed. Never rejects. */
  async refresh(): Promise<void> {
    const { store, logger, onChange } = this.#options;
    try {
      const stored = (await store.challenges()).filter((challenge) => !this.#own.has(keyOf(challenge))).slice(0, CHALLENGES_MAX);
      const known = this.#others;
      const entries = stored.map(async (challenge) => [keyOf(challenge), known.get(keyOf(challenge)) ?? (await this.#answer(challenge))] as const);
      const others = new Map(await Promise.all(entries));
      if (others.size === known.size && [...others.keys()].every((key) => known.has(key))) return;
      this.#others = others;
      await onChange(this.answers).catch((error: unknown) => {
        // Workers that do not know are told next time.
        this.#others = known;
        throw error;
      });
    } catch (error) {
      logger.warn('challenges of other gateways cannot be taken over', { error });
    }
  }

  get #dns(): Pick<ChallengeResponder, 'present' | 'remove'> {
    const { dns } = this.#options;
    if (dns === null) throw new Error('dns-01 is not configured');
    return dns;
  }

  async #answer(challenge: StoredChallenge): Promise<Answer> {
    if (challenge.type === 'http-01') return { challenge, cert: null };
    const key = newKey();
    return { challenge, cert: await issueProof(createPrivateKey(key), challenge.host, challenge.keyAuthorization, this.#options.clock.now()), key };
  }
}

function challengeOf(type: StoredChallenge['type'], host: string, token: string, keyAuthorization: string): StoredChallenge {
  return { host, type, token: type === 'http-01' ? token : '', keyAuthorization };
}

function keyOf({ type, host, keyAuthorization }: StoredChallenge): string {
  return `${type} ${host} ${keyAuthorization}`;
}
