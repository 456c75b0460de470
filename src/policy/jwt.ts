import type { JwtConfig } from '../config/jwt-config.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { type Identity, requireRole } from '../exchange/identity.ts';
import type { Clock } from '../lib/clock.ts';
import { wordsAt } from './jwt/claim-path.ts';
import { ClaimRules } from './jwt/claim-rules.ts';
import { forwardedHeaders } from './jwt/forwarded-claims.ts';
import { KeyRing } from './jwt/key-ring.ts';
import { PublishedKeys } from './jwt/published-keys.ts';
import { TokenFault } from './jwt/token-fault.ts';
import { checkPayload, readTokenHead, type TokenHead } from './jwt/token-head.ts';
import { headersNamed, otherCookies, TokenPlaces } from './jwt/token-places.ts';
import { type TokenShelf, type VerifiedToken, VerifiedTokens } from './jwt/verified-tokens.ts';
import { type Claims, makeVerifiers, type Verifier } from './jwt/verifier.ts';
import { policy } from './policy.ts';

interface Parts {
  readonly clock: Clock;
  readonly ring: KeyRing;
  readonly verified: TokenShelf;
}

/** Recognises clients by a JSON Web Token that a known issuer has signed (RFC 7519, RFC 8725). */
export const jwt = policy({
  name: 'jwt',
  isShared: true,
  async create(config, _route, { kept, clock, logger, random }) {
    const { keys, jwks, algorithms, from, forward, stripToken, realm } = config;
    const published = jwks === null ? null : kept.hold(`jwks ${JSON.stringify(jwks)}`, () => new PublishedKeys(jwks, { clock, logger, random }));
    const tokens = kept.hold('jwt verified tokens', () => new VerifiedTokens());
    const verified = tokens.value.shelf();
    const close = async (): Promise<void> => {
      verified.close();
      await Promise.all([published?.release(), tokens.release()]);
    };
    try {
      const ring = await KeyRing.create({ keys, published: published?.value ?? null, algorithms, makeVerifiers: async (of) => makeVerifiers(of, config) });
      const gate = new TokenGate(config, { clock, ring, verified });
      return {
        authenticator: { challenge: `Bearer realm="${realm}"`, authenticate: (exchange) => gate.authenticate(exchange) },
        identityHeaders: forward.map(({ header }) => header),
        secretParameters: from.flatMap(({ in: kind, name }) => (kind === 'query' ? [name] : [])),
        withholds: from.flatMap(({ in: kind, name }) => (stripToken || kind === 'header' ? (WITHHELD[kind] ?? name) : [])),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  },
});

/** Of a place where tokens are kept from the upstream: its header. What stands in a query is taken out in any case. */
const WITHHELD = { bearer: 'Authorization', cookie: 'Cookie', query: [], header: null } as const;

class TokenGate {
  readonly #config: JwtConfig;
  readonly #parts: Parts;
  readonly #places: TokenPlaces;
  readonly #rules: ClaimRules;
  /** Kept from the upstream. */
  readonly #cookies: ReadonlySet<string>;
  /** Said anew when it has been found good, so that no other token reaches the upstream, be it under a name like `X_Token`. */
  readonly #keptHeaders: ReadonlySet<string>;

  constructor(config: JwtConfig, parts: Parts) {
    this.#config = config;
    this.#parts = parts;
    this.#places = new TokenPlaces(config.from);
    this.#rules = new ClaimRules(config);
    this.#keptHeaders = new Set(config.stripToken ? [] : config.from.flatMap(({ in: kind, name }) => (kind === 'header' ? [name] : [])));
    this.#cookies = new Set(config.stripToken ? config.from.flatMap(({ in: kind, name }) => (kind === 'cookie' ? [name] : [])) : []);
  }

  /** @throws GatewayError, at once or later */
  authenticate(exchange: Exchange): Identity | null | Promise<Identity | null> {
    if (this.#cookies.size > 0) tellOtherCookies(exchange, this.#cookies);
    try {
      const token = this.#places.find(exchange);
      if (token === null) return null;
      const { ring } = this.#parts;
      const found = ring.isCurrent ? this.#decide(exchange, token, true) : ring.renew().then(async () => this.#decide(exchange, token, true));
      if (!(found instanceof Promise)) return found;
      return found.catch((error: unknown) => {
        throw this.#refusal(error);
      });
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #decide(exchange: Exchange, token: string, canLearn: boolean): Identity | Promise<Identity> {
    const { ring, verified, clock } = this.#parts;
    const known = verified.get(token, clock.now());
    if (known !== null) return this.#admit(exchange, known);
    const head = readTokenHead(token);
    const found = this.#check(token, ring.keysFor(head));
    if (found !== null) return this.#admit(exchange, found);
    if (canLearn && ring.mayLearn(head)) return this.#learn(exchange, token, head);
    throw this.#unknown(head);
  }

  async #learn(exchange: Exchange, token: string, head: TokenHead): Promise<Identity> {
    if (await this.#parts.ring.learn()) return this.#decide(exchange, token, false);
    throw this.#unknown(head);
  }

  /** @returns null: it is signed by none of these. @throws TokenFault */
  #check(token: string, verifiers: readonly Verifier[]): VerifiedToken | null {
    for (const verifier of verifiers) {
      const claims = verifier.verify(token);
      if (claims !== null) return this.#take(token, claims, verifier);
    }
    return null;
  }

  #take(token: string, claims: Claims, verifier: Verifier): VerifiedToken {
    const { clock, verified } = this.#parts;
    const { rolesClaim, forward } = this.#config;
    checkPayload(token);
    const { fromMs, untilMs } = this.#rules.check(claims, clock.now());
    const { sub } = claims;
    const found: VerifiedToken = {
      identity: { kind: 'jwt', name: typeof sub === 'string' ? sub : '', roles: wordsAt(claims, rolesClaim), claims },
      forwarded: forwardedHeaders(claims, forward),
      verifier, fromMs, untilMs,
    };
    verified.add(token, found);
    return found;
  }

  #admit(exchange: Exchange, { identity, forwarded }: VerifiedToken): Identity {
    requireRole(exchange, identity, this.#config.roles);
    if (this.#keptHeaders.size > 0) exchange.addedHeaders = [...exchange.addedHeaders, ...headersNamed(exchange.head.rawHeaders, this.#keptHeaders)];
    if (forwarded.length > 0) exchange.addedHeaders = [...exchange.addedHeaders, ...forwarded];
    return identity;
  }

  #unknown({ alg, kid }: TokenHead): Error {
    const { ring } = this.#parts;
    if (ring.isIncomplete) return new GatewayError('auth_unavailable', 'the keys of the issuer have not been fetched yet');
    const name = kid === null ? 'no name' : `the name ${JSON.stringify(kid)}`;
    return new TokenFault(ring.keysFor({ alg, kid }).length > 0 ? 'no key fits the signature' : `there is no key for ${JSON.stringify(alg)} and ${name}`);
  }

  /** The client learns no more than that its token is not good (RFC 6750 §3.1). */
  #refusal(error: unknown): unknown {
    if (!(error instanceof TokenFault)) return error;
    const challenge = `Bearer realm="${this.#config.realm}", error="invalid_token", error_description="${error.problem}"`;
    return new GatewayError('unauthorized', error.message, { headers: ['WWW-Authenticate', challenge], expired: error.problem === 'the token has expired' });
  }
}

/** The whole Cookie header is withheld. What is not the token goes on as it came, byte for byte. */
function tellOtherCookies(exchange: Exchange, names: ReadonlySet<string>): void {
  const rest = otherCookies(exchange.head.rawHeaders, names);
  if (rest !== null) exchange.addedHeaders = [...exchange.addedHeaders, 'Cookie', rest];
}
