import type { ApiKeyConfig } from '../../config/policies/api-key.ts';
import { GatewayError } from '../../exchange/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { countParameter, queryOf } from '../../lib/query.ts';

/** A key as a client has shown it. */
export interface ShownKey {
  readonly bytes: Buffer;
  readonly from: 'header' | 'scheme' | 'query';
}

/** Looks for a key where a route takes it from. */
export class KeyPlaces {
  readonly #header: string | null;
  readonly #scheme: string | null;
  readonly #query: string | null;
  readonly #challenges: readonly string[];

  constructor({ header, scheme, query }: Pick<ApiKeyConfig, 'header' | 'scheme' | 'query'>, challenges: readonly string[]) {
    this.#header = header?.toLowerCase() ?? null;
    this.#scheme = scheme === null ? null : scheme.toLowerCase();
    this.#query = query;
    this.#challenges = challenges;
  }

  /**
   * @returns null: there is none.
   * @throws GatewayError unauthorized where there are two: somebody else might look at the other one
   */
  find(exchange: Exchange): ShownKey | null {
    let found: ShownKey | null = null;
    let count = 0;
    const { rawHeaders } = exchange.head;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const key = this.#keyIn(rawHeaders[i]!, rawHeaders[i + 1]!);
      if (key === null) continue;
      found = key;
      count += 1;
    }
    const parameter = this.#query === null ? undefined : exchange.secretQuery?.get(this.#query);
    if (parameter !== undefined && this.#query !== null) {
      found = { bytes: Buffer.from(parameter, 'utf8'), from: 'query' };
      // As it came: what policies have taken out of it is still there.
      count += countParameter(queryOf(exchange.url), this.#query);
    }
    if (count > 1) throw new GatewayError('unauthorized', 'the request has more than one API key', { headers: this.#challenges });
    return found;
  }

  #keyIn(name: string, value: string): ShownKey | null {
    if (this.#header !== null && name.length === this.#header.length && name.toLowerCase() === this.#header) return shown(value, 'header');
    if (this.#scheme === null || name.length !== 13 || name.toLowerCase() !== 'authorization') return null;
    const space = value.indexOf(' ');
    const scheme = space === -1 ? value : value.slice(0, space);
    // A scheme without a key has been shown all the same, and is not valid.
    return scheme.toLowerCase() === this.#scheme ? shown(space === -1 ? '' : value.slice(space).trim(), 'scheme') : null;
  }
}

function shown(text: string, from: ShownKey['from']): ShownKey {
  return { bytes: Buffer.from(text, 'latin1'), from };
}
