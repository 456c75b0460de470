import type { TokenPlace } from '../../config/token-place.ts';
import { headerOf } from '../../exchange/answer-head.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { countParameter, queryOf } from '../../lib/query.ts';
import { TokenFault } from './token-fault.ts';

const SCHEME = /^bearer(?: +|$)/i;

/** Looks for a token where a route takes it from. */
export class TokenPlaces {
  readonly #places: readonly TokenPlace[];

  constructor(places: readonly TokenPlace[]) {
    this.#places = places;
  }

  /**
   * @returns null: there is none. An empty cookie or parameter is none.
   * @throws TokenFault where there are two, be they the same (RFC 6750 §2): somebody else might read the other one
   */
  find(exchange: Exchange): string | null {
    let found: string | null = null;
    for (const place of this.#places) {
      for (const token of tokensIn(exchange, place)) {
        if (found !== null) throw new TokenFault('there is more than one token', 'the request has more than one token');
        found = token;
      }
    }
    return found;
  }
}

const NONE: readonly string[] = [];

function tokensIn(exchange: Exchange, { in: kind, name }: TokenPlace): readonly string[] {
  const { rawHeaders, authorizationCount } = exchange.head;
  switch (kind) {
    case 'bearer': {
      const value = authorizationCount === 0 ? null : headerOf(rawHeaders, 'authorization');
      const scheme = value === null ? null : SCHEME.exec(value);
      // A scheme without a token has been shown all the same, and is not valid.
      return value === null || scheme === null ? NONE : [value.slice(scheme[0].length)];
    }
    case 'header':
      return valuesOf(rawHeaders, name);
    case 'cookie':
      return valuesOf(rawHeaders, 'cookie').flatMap((value) => cookiesOf(value, name));
    default: {
      const value = exchange.secretQuery?.get(name) ?? '';
      if (value === '') return NONE;
      // As it came: only the first one has been taken down.
      return countParameter(queryOf(exchange.url), name) > 1 ? [value, value] : [value];
    }
  }
}

/** What a request says in headers of some names, given in lower case: names and values in turn, as they were written. */
export function headersNamed(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 && names.has(name.toLowerCase()) ? [name, rawHeaders[i + 1]!] : []));
}

function valuesOf(headers: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) values.push(headers[i + 1]!);
  }
  return values;
}

/** Not empty ones of this name (RFC 6265 §4.2.1). */
function cookiesOf(header: string, name: string): string[] {
  return header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) return [];
    const value = pair.slice(equals + 1).trim();
    return value === '' ? [] : [value];
  });
}

/** What a request says in cookies beside those of some names, as one header value; null: nothing. */
export function otherCookies(rawHeaders: readonly string[], names: ReadonlySet<string>): string | null {
  const kept = valuesOf(rawHeaders, 'cookie').flatMap((value) => value.split(';')).filter((pair) => {
    const equals = pair.indexOf('=');
    return pair.trim() !== '' && !(equals !== -1 && names.has(pair.slice(0, equals).trim()));
  });
  return kept.length === 0 ? null : kept.map((pair) => pair.trim()).join('; ');
}
