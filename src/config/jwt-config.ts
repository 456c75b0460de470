import type { JwtAlgorithm, JwtKey } from '../lib/jwt-key.ts';
import type { TokenPlace } from './token-place.ts';

/** Which tokens are good, and what becomes of them. Plain data. */
export interface JwtConfig {
  /** Those that are known at load. */
  readonly keys: readonly JwtKey[];
  /** Null: no others. */
  readonly jwks: JwksConfig | null;
  /** What keys of `jwks` may be used for; null: whatever their kind can. */
  readonly algorithms: readonly JwtAlgorithm[] | null;
  /** Exact; none: whoever has a key may issue. */
  readonly issuers: readonly string[];
  /** One of these is enough; none: a token may be for anybody. */
  readonly audiences: readonly string[];
  /** How far clocks may be apart. */
  readonly leewayMs: number;
  readonly requireExp: boolean;
  /** Since it was issued; null: as long as the token says. */
  readonly maxAgeMs: number | null;
  readonly claims: readonly NeededClaim[];
  /** Any of these is enough; none: no role is needed. */
  readonly roles: readonly string[];
  readonly rolesClaim: string;
  /** Where a token may stand; at least one. */
  readonly from: readonly TokenPlace[];
  readonly forward: readonly ForwardedClaim[];
  readonly stripToken: boolean;
  /** ASCII without quotes. */
  readonly realm: string;
}

/** Keys that somebody else publishes (RFC 7517), and changes. */
export interface JwksConfig {
  readonly url: string;
  /** How long a set counts where the answer does not say. */
  readonly refreshMs: number;
  readonly timeoutMs: number;
  /** PEM of who vouches for the server; null: the well-known authorities. */
  readonly ca: string | null;
}

/** A claim that a token must have. */
export interface NeededClaim {
  /** Names with dots between them lead into maps. */
  readonly path: string;
  /** Any of these; null: whatever is not false. */
  readonly values: readonly ClaimValue[] | null;
}

type ClaimValue = string | number | boolean;

/** A claim that the upstream gets as a header. */
export interface ForwardedClaim {
  readonly header: string;
  readonly path: string;
}
