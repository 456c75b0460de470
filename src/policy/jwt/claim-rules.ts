import type { JwtConfig, NeededClaim } from '../../config/jwt-config.ts';
import { claimAt } from './claim-path.ts';
import { TokenFault } from './token-fault.ts';
import type { Claims } from './verifier.ts';

/** When a token counts, in epoch milliseconds, leeway included. */
export interface TokenLife {
  readonly fromMs: number;
  /** From this moment on it does not. */
  readonly untilMs: number;
}

type Rules = Pick<JwtConfig, 'leewayMs' | 'maxAgeMs' | 'claims'>;

/** What a token must say beside who issued it and for whom: times (RFC 7519 §4.1.4 to §4.1.6), and what the route asks for. */
export class ClaimRules {
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /**
   * @param nowMs epoch milliseconds.
   * @throws TokenFault
   */
  check(claims: Claims, nowMs: number): TokenLife {
    const { claims: needed } = this.#rules;
    const life = this.#lifeOf(claims);
    checkLife(life, nowMs);
    for (const claim of needed) checkClaim(claims, claim);
    return life;
  }

  #lifeOf(claims: Claims): TokenLife {
    const { leewayMs, maxAgeMs } = this.#rules;
    const notBeforeMs = timeOf(claims, 'nbf') ?? -Infinity;
    const expiryMs = timeOf(claims, 'exp') ?? Infinity;
    const issuedMs = timeOf(claims, 'iat');
    if (maxAgeMs === null) return { fromMs: notBeforeMs - leewayMs, untilMs: expiryMs + leewayMs };
    if (issuedMs === null) throw new TokenFault('the token does not say when it was issued (`iat`), and there is a `maxAge`');
    // One from the future would be younger than it is.
    return { fromMs: Math.max(notBeforeMs, issuedMs) - leewayMs, untilMs: Math.min(expiryMs, issuedMs + maxAgeMs) + leewayMs };
  }
}

/** @throws TokenFault */
function checkLife({ fromMs, untilMs }: TokenLife, nowMs: number): void {
  if (nowMs >= untilMs) throw new TokenFault(`the token has been too old for ${Math.ceil((nowMs - untilMs) / 1000)} s, leeway included`, 'the token has expired');
  if (nowMs < fromMs) throw new TokenFault(`the token counts only in ${Math.ceil((fromMs - nowMs) / 1000)} s, leeway included`);
}

/** Epoch milliseconds; null without it. `1e999` is a number in JSON, and no end. */
function timeOf(claims: Claims, name: string): number | null {
  if (!Object.hasOwn(claims, name)) return null;
  const seconds = claims[name];
  if (typeof seconds === 'number' && Number.isFinite(seconds)) return seconds * 1000;
  throw new TokenFault(`\`${name}\` is not a time`);
}

function checkClaim(claims: Claims, { path, values }: NeededClaim): void {
  const value = claimAt(claims, path);
  if (value === undefined || value === null) throw new TokenFault(`the token has no \`${path}\``);
  if (values === null) {
    if (value === false) throw new TokenFault(`\`${path}\` of the token is false`);
    return;
  }
  const own: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!values.some((wanted) => own.includes(wanted))) throw new TokenFault(`\`${path}\` of the token has none of the values asked for`);
}
