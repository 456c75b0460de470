import { hash } from 'node:crypto';
import { type KeyedLimits, LIMITS_MAX, type NamedWindow } from '../../config/policies/rate-limit.ts';
import type { RequestKey } from '../../config/request-key.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { Rate } from '../../lib/rate.ts';
import { keysOfText, needsIdentity, requestKeyOf } from '../request-key.ts';
import { policyField } from './limit-fields.ts';
import type { LimitQuestion } from './limit-store.ts';

const ID_CHARS = 12;

/** Windows, and what the keys begin with that are counted by them. */
interface Measure {
  readonly id: string;
  readonly windows: readonly NamedWindow[];
  readonly policyField: string;
}

/** What one request asks. */
export interface LimiterQuestion extends LimitQuestion {
  readonly windows: readonly NamedWindow[];
  /** For the client. */
  readonly policyField: string;
}

const UNITS: ReadonlyMap<number, string> = new Map([[1000, 's'], [60_000, 'min'], [3_600_000, 'hour'], [86_400_000, 'day']]);

/**
 * The limits of one key. What is counted is named by route or zone, key and limits together: it survives a reload that
 * leaves them as they are, and begins anew where one of them is another.
 */
export class Limiter {
  /** It is known only after authentication what the key of a request is. */
  readonly needsIdentity: boolean;
  /** For the log. */
  readonly keyText: string;
  /** Id of the route, the zone, or `global`: for the operator. */
  readonly scope: string;
  readonly #key: RequestKey;
  readonly #scope: string;
  readonly #own: Measure;
  readonly #keyOf: (exchange: Exchange) => string;
  /** Of clients with limits of their own, by what authentication gives out for all their requests. */
  readonly #others: WeakMap<readonly Rate[], Measure> | null;

  constructor({ key, windows }: KeyedLimits, routeId: string, zone: string | null) {
    const scope = key.of === 'global' ? '' : `route ${routeId}`;
    this.scope = zone ?? (key.of === 'global' ? 'global' : routeId);
    this.#key = key;
    this.#scope = JSON.stringify([zone === null ? scope : `zone ${zone}`, key.of, key.name]);
    this.keyText = key.name === '' ? key.of : `${key.of}:${key.name}`;
    this.needsIdentity = needsIdentity(key);
    this.#own = this.#measureOf(windows);
    this.#keyOf = requestKeyOf(key, zone ?? routeId);
    this.#others = key.of === 'apiKey' ? new WeakMap() : null;
  }

  questionOf(exchange: Exchange): LimiterQuestion {
    const { id, windows, policyField: text } = this.#others === null ? this.#own : this.#measureFor(exchange, this.#others);
    return { key: `${id} ${this.#keyOf(exchange)}`, windows, policyField: text };
  }

  /**
   * Everything that may be counted of whoever is known by a text: an address, the name of an API key, a value of the request.
   * @param ofKeys limits that API keys of this name have of their own.
   */
  questionsOfText(text: string, ofKeys: readonly (readonly Rate[])[]): LimiterQuestion[] {
    const others = this.#others === null ? [] : ofKeys.map((limits) => this.#measureOfRates(limits));
    const keys = keysOfText(this.#key, this.scope, text);
    return [this.#own, ...others].flatMap(({ id, windows, policyField: field }) => keys.map((key) => ({ key: `${id} ${key}`, windows, policyField: field })));
  }

  #measureFor({ identity }: Exchange, others: WeakMap<readonly Rate[], Measure>): Measure {
    const limits = identity?.kind === 'apiKey' ? identity.limits ?? null : null;
    if (limits === null || limits.length === 0) return this.#own;
    let measure = others.get(limits);
    if (measure === undefined) {
      measure = this.#measureOfRates(limits);
      others.set(limits, measure);
    }
    return measure;
  }

  #measureOfRates(limits: readonly Rate[]): Measure {
    return this.#measureOf(limits.slice(0, LIMITS_MAX).map((rate) => ({ name: nameOf(rate), ...rate })));
  }

  #measureOf(windows: readonly NamedWindow[]): Measure {
    const counted = windows.map(({ requests, periodMs, burst }) => [requests, periodMs, burst]);
    return { id: hash('sha256', `${this.#scope}${JSON.stringify(counted)}`, 'base64url').slice(0, ID_CHARS), windows, policyField: policyField(windows) };
  }
}

function nameOf({ requests, periodMs }: Rate): string {
  return `${requests}/${UNITS.get(periodMs) ?? `${periodMs / 1000}s`}`;
}
